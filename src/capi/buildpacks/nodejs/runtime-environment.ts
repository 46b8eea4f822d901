/** Variables for buildpacks that come later, and for npm; a value that the developer set wins. */
export const DEFAULT_ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_ENV: "production",
  NPM_CONFIG_PRODUCTION: "true",
  NPM_CONFIG_LOGLEVEL: "error",
  NODE_MODULES_CACHE: "true",
  NODE_VERBOSE: "false",
  WEB_MEMORY: "512",
  WEB_CONCURRENCY: "1",
};

/** The script that the launcher sources before a Node app starts. No jq: not every stack has one. */
export function profileScript(depsIndex: string, app: { readonly name: string; readonly version: string }): string {
  const dep = `$DEPS_DIR/${depsIndex}`;
  return `export NODE_HOME="${dep}/node"
export NODE_ENV=\${NODE_ENV:-production}
if [[ \${VCAP_APPLICATION-} =~ \\"mem\\"[[:space:]]*:[[:space:]]*([0-9]+) ]]; then
  export MEMORY_AVAILABLE=\${BASH_REMATCH[1]}
elif [[ \${MEMORY_LIMIT-} =~ ^([0-9]+)m$ ]]; then
  export MEMORY_AVAILABLE=\${BASH_REMATCH[1]}
else
  export MEMORY_AVAILABLE=512
fi
export WEB_MEMORY=\${WEB_MEMORY:-512}
export WEB_CONCURRENCY=\${WEB_CONCURRENCY:-1}
if [[ -d "$HOME/node_modules" && ! -L "$HOME/node_modules" ]]; then
  export NODE_PATH=\${NODE_PATH:-"$HOME/node_modules"}
else
  export NODE_PATH=\${NODE_PATH:-"${dep}/node_modules"}
  if [[ -d "${dep}/node_modules" && ! -e "$HOME/node_modules" ]]; then
    ln -s "${dep}/node_modules" "$HOME/node_modules"
  fi
fi
export PATH="$PATH:$HOME/bin:$NODE_PATH/.bin"
export SSL_CERT_DIR=\${SSL_CERT_DIR:-/etc/ssl/certs}
if [[ -z \${NODE_EXTRA_CA_CERTS-} && -f /etc/ssl/certs/ca-certificates.crt ]]; then
  export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
fi
${assign("npm_package_name", app.name)}${assign("npm_package_version", app.version)}if [[ \${LOG_CONCURRENCY-} == true ]]; then
  echo "Detected $MEMORY_AVAILABLE MB available memory, $WEB_MEMORY MB limit per process (WEB_MEMORY)"
  echo "Recommending WEB_CONCURRENCY=$WEB_CONCURRENCY"
fi
`;
}

function assign(name: string, value: string): string {
  return value === "" ? "" : `export ${name}='${value.replaceAll("'", "'\\''")}'\n`;
}
