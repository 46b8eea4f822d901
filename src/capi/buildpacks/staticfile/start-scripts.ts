import { FORCE_HTTPS } from "./nginx-conf.ts";

/** Sourced before the app starts: fills port and folder into nginx.conf. */
export const PROFILE_SCRIPT = `export APP_ROOT=$HOME
__conf=$APP_ROOT/nginx/conf/nginx.conf
__listen="listen $PORT;"
[[ -z \${ENABLE_HTTP2-} ]] || __listen="listen $PORT http2;"
__https=
[[ -z \${FORCE_HTTPS-} ]] || __https='${FORCE_HTTPS}'
__text=$(<"$__conf")
__text=\${__text//'((LISTEN))'/"$__listen"}
__text=\${__text//'((FORCE_HTTPS))'/"$__https"}
__text=\${__text//'((FORCE_HTTPS_DIRECTIVE))'/"$__https"}
__text=\${__text//'((PORT))'/"$PORT"}
__text=\${__text//'((APP_ROOT))'/"$APP_ROOT"}
printf '%s\\n' "$__text" >"$__conf"
unset __conf __listen __https __text
mkdir -p "$APP_ROOT/nginx/logs" "$APP_ROOT/nginx/temp"
ln -sf /proc/self/fd/3 "$APP_ROOT/nginx/logs/access.log"
ln -sf /proc/self/fd/4 "$APP_ROOT/nginx/logs/error.log"
`;

/**
 * The start command. Logs go through pipes of our own, which end with nginx: what an app gets as standard output may be a
 * file that it cannot open a second time by name, as nginx does.
 */
export const BOOT_SCRIPT = `#!/bin/bash
exec 3> >(exec cat) 4> >(exec cat >&2)
exec nginx -e stderr -p "$APP_ROOT/nginx" -c "$APP_ROOT/nginx/conf/nginx.conf"
`;
