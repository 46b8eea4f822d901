/** finalize: moves the site into `public` and writes nginx.conf. See ../README.md. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { BuildpackLog } from "../stager/log.ts";
import { Stager } from "../stager/stager.ts";
import { adaptOwnConf, mimeTypes, nginxConf } from "./nginx-conf.ts";
import { BOOT_SCRIPT, PROFILE_SCRIPT } from "./start-scripts.ts";
import { optionLines, parseStaticfile, type Staticfile } from "./staticfile.ts";

const log = new BuildpackLog();
const DOCS = "https://docs.cloudfoundry.org/buildpacks/staticfile/index.html";
/** Files that describe the app and are not part of the site. */
const NOT_THE_SITE = new Set([
  "Staticfile",
  "Staticfile.auth",
  "manifest.yml",
  ".profile",
  ".profile.d",
  "stackato.yml",
  ".cloudfoundry",
  "nginx",
]);

function finalize(stager: Stager): void {
  const site = load(stager);
  const basicAuth = existsSync(stager.app("Staticfile.auth"));
  for (const line of optionLines(site)) log.step(line);
  if (!site.hsts && (site.hstsIncludeSubDomains || site.hstsPreload)) {
    log.warning(
      "http_strict_transport_security is not enabled while http_strict_transport_security_include_subdomains or http_strict_transport_security_preload have been enabled.",
    );
    log.tip(
      "http_strict_transport_security_include_subdomains and http_strict_transport_security_preload do nothing without http_strict_transport_security enabled.",
      `${DOCS}#strict-security`,
    );
  }
  if (basicAuth) {
    log.step("Enabling basic authentication using Staticfile.auth");
    log.tip("Learn about basic authentication", `${DOCS}#authentication`);
  }
  const root = findRoot(stager, site);
  warnAboutConf(stager, site);
  moveToPublic(stager, root, site);
  configure(stager, site, basicAuth);
  stager.writeProfileScript("staticfile.sh", PROFILE_SCRIPT);
  writeFileSync(stager.app("boot.sh"), BOOT_SCRIPT, { mode: 0o755 });
  stager.writeLaunchEnvironment();
}

function load(stager: Stager): Staticfile {
  const path = stager.app("Staticfile");
  try {
    return parseStaticfile(existsSync(path) ? parse(readFileSync(path, "utf8")) : null);
  } catch (error) {
    throw new Error(`Unable to load Staticfile: ${(error as Error).message}`);
  }
}

function findRoot(stager: Stager, site: Staticfile): string {
  const name = site.root || ".";
  const root = resolve(stager.app(name));
  log.step(`Root folder ${root}`);
  const refuse = (why: string): never => {
    throw new Error(
      `Invalid root directory: the application Staticfile specifies a root directory ${name} that ${why}`,
    );
  };
  if (!existsSync(root)) return refuse("does not exist");
  if (!statSync(root).isDirectory()) return refuse("is a plain file, but was expected to be a directory");
  return root;
}

function warnAboutConf(stager: Stager, site: Staticfile): void {
  if (![".", "./"].includes(site.root || ".") || !existsSync(stager.app("nginx", "conf"))) return;
  log.warning(
    "You have an nginx/conf directory, but have not set *root*, or have set it to '.'.\nIf you are using the nginx/conf directory for nginx configuration, you probably need to also set the *root* directive.",
  );
}

function moveToPublic(stager: Stager, root: string, site: Staticfile): void {
  log.step("Copying project files into public");
  const target = stager.app("public");
  if (root === resolve(target)) return;
  const gathered = mkdtempSync(join(dirname(resolve(stager.buildDir)), ".staticfile-")); // renames need one file system
  for (const name of readdirSync(root)) {
    if (NOT_THE_SITE.has(name) || (name.startsWith(".") && !site.hostDotFiles)) continue;
    renameSync(join(root, name), join(gathered, name));
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(gathered, target);
  chmodSync(target, 0o755);
}

function configure(stager: Stager, site: Staticfile, basicAuth: boolean): void {
  log.step("Configuring nginx");
  const conf = stager.app("nginx", "conf");
  mkdirSync(conf, { recursive: true });
  mkdirSync(stager.app("nginx", "logs"), { recursive: true });
  for (const [name, text] of [
    ["nginx.conf", nginxConf(site, basicAuth)],
    ["mime.types", mimeTypes()],
  ] as const) {
    const own = stager.app("public", name);
    if (!existsSync(own)) {
      writeFileSync(join(conf, name), text);
      continue;
    }
    renameSync(own, join(conf, name));
    if (name !== "nginx.conf") continue;
    log.warning(
      "overriding nginx.conf is deprecated and highly discouraged, as it breaks the functionality of the Staticfile and Staticfile.auth configuration directives. Please use the NGINX buildpack available at: https://github.com/cloudfoundry/nginx-buildpack",
    );
    writeFileSync(join(conf, name), adaptOwnConf(readFileSync(join(conf, name), "utf8")));
  }
  if (basicAuth) copyFileSync(stager.app("Staticfile.auth"), join(conf, ".htpasswd"));
}

try {
  finalize(new Stager(process.argv.slice(2)));
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 12;
}
