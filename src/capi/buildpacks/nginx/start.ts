/** nginx-buildpack: bin/release */
export const START_COMMAND =
  "varify -buildpack-yml-path ./buildpack.yml ./nginx.conf $HOME/modules $DEP_DIR/nginx/modules && nginx -p $PWD -c ./nginx.conf";

/**
 * `nginx` on the search path, with its own libraries, in the foreground unless its conf says so. Its output goes through pipes of its own,
 * which end with it: confs say `access_log /dev/stdout`, and what an app gets as standard output may be a file or a socket that nobody can open by
 * name. A test of the conf opens it as well.
 */
export const NGINX_SCRIPT = `#!/bin/bash
here=$(dirname "$(readlink -f "$0")")/../nginx
export LD_LIBRARY_PATH=$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
exec > >(exec cat) 2> >(exec cat >&2)
exec "$here/sbin/nginx" -e stderr "$@"
`;

/** Sourced before the app starts. */
export function profileScript(depsIndex: string): string {
  return `export DEP_DIR=$DEPS_DIR/${depsIndex}\nmkdir -p logs\n`;
}
