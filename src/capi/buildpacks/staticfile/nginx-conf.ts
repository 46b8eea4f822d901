import type { Staticfile } from "./staticfile.ts";

/**
 * nginx.conf of a static site. `((APP_ROOT))`, `((LISTEN))` and `((FORCE_HTTPS))` are filled in when the app starts: port and
 * folder are not known before, and FORCE_HTTPS and ENABLE_HTTP2 may be set without staging again.
 */
export function nginxConf(site: Staticfile, basicAuth: boolean): string {
  const location = [
    ...(site.pushState ? ["if (!-e $request_filename) {", "  rewrite ^ / break;", "}"] : []),
    "index index.html index.htm Default.htm;",
    ...(site.directoryIndex ? ["autoindex on;", "absolute_redirect off;"] : []),
    ...(basicAuth ? ['auth_basic "Restricted";', 'auth_basic_user_file "((APP_ROOT))/nginx/conf/.htpasswd";'] : []),
    ...(site.ssi ? ["ssi on;"] : []),
    ...(site.hsts ? [`add_header Strict-Transport-Security "${hstsValue(site)}";`] : []),
    ...(site.locationInclude === "" ? [] : [`include ${site.locationInclude};`]),
    ...site.statusCodes.map(([codes, page]) => `error_page ${codes} ${page};`),
  ];
  const dotFiles = site.hostDotFiles ? "" : "\n    location ~ /\\. {\n      return 404;\n    }\n";
  return `worker_processes 1;
daemon off;
pid ((APP_ROOT))/nginx/nginx.pid;
error_log stderr;

events {
  worker_connections 1024;
}

http {
${TEMPORARY_PATHS}  include mime.types;
  default_type application/octet-stream;
  charset utf-8;
  log_format cloudfoundry '$http_x_forwarded_for - $http_referer - [$time_local] "$request" $status $body_bytes_sent';
  access_log ((APP_ROOT))/nginx/logs/access.log cloudfoundry;

  sendfile on;
  tcp_nopush on;
  keepalive_timeout 30;
  server_tokens off;
  port_in_redirect off;

  gzip on;
  gzip_comp_level 6;
  gzip_min_length 1100;
  gzip_buffers 16 8k;
  gzip_proxied any;
  gzip_vary on;
  gzip_types text/plain text/css text/xml text/javascript application/javascript application/json application/xml application/rss+xml image/svg+xml;
  # A site may bring files as .gz alone: clients that cannot take them get them unpacked.
  gzip_static always;
  gunzip on;

  # The first value, where several proxies have added theirs.
  map $http_x_forwarded_host $best_host {
    "~^([^,]+)" $1;
    default $host;
  }
  map $http_x_forwarded_prefix $best_prefix {
    "~^([^,]+)" $1;
    default "";
  }
  map $http_x_forwarded_proto $best_proto {
    "~^([^,]+)" $1;
    default "";
  }

  server {
    ${site.http2 ? "listen ((PORT)) http2;" : "((LISTEN))"}
    server_name localhost;
    root "((APP_ROOT))/public";
    ${site.forceHttps ? FORCE_HTTPS : "((FORCE_HTTPS))"}

    location / {
      ${location.join("\n      ")}
    }
${dotFiles}  }
}
`;
}

/** Answers plain requests with the same address under https. */
export const FORCE_HTTPS = 'if ($best_proto != "https") { return 301 https://$best_host$best_prefix$request_uri; }';

/** nginx from a package wants folders of the system, which an app may not write. */
const TEMPORARY_PATHS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
  .map((name) => `  ${name}_temp_path ((APP_ROOT))/nginx/temp/${name};\n`)
  .join("");

/** An nginx.conf that the app brings, with what our nginx needs and the classic buildpack's does not. */
export function adaptOwnConf(conf: string): string {
  const paths = /\bclient_body_temp_path\b/.test(conf) ? "" : `\n${TEMPORARY_PATHS.trimEnd()}`;
  const pid = /^\s*pid\s/m.test(conf) ? "" : "pid ((APP_ROOT))/nginx/nginx.pid;\n";
  return pid + conf.replaceAll("((LISTEN_DIRECTIVE))", "((LISTEN))").replace(/^(\s*http\s*\{)/m, `$1${paths}`);
}

function hstsValue(site: Staticfile): string {
  const subDomains = site.hstsIncludeSubDomains ? "; includeSubDomains" : "";
  return `max-age=31536000${subDomains}${site.hstsPreload ? "; preload" : ""}`;
}

/** Media types by suffix: IANA's registry, and what browsers need for the modern web. */
export function mimeTypes(): string {
  const types: Record<string, string> = {
    "text/html": "html htm shtml",
    "text/css": "css",
    "text/xml": "xml",
    "text/plain": "txt",
    "text/csv": "csv",
    "text/markdown": "md",
    "text/calendar": "ics",
    "text/cache-manifest": "manifest appcache",
    "text/vtt": "vtt",
    "application/javascript": "js mjs",
    "application/json": "json map",
    "application/ld+json": "jsonld",
    "application/manifest+json": "webmanifest",
    "application/wasm": "wasm",
    "application/atom+xml": "atom",
    "application/rss+xml": "rss",
    "application/xhtml+xml": "xhtml",
    "application/pdf": "pdf",
    "application/rtf": "rtf",
    "application/postscript": "ps eps ai",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/java-archive": "jar war ear",
    "application/x-7z-compressed": "7z",
    "application/x-rar-compressed": "rar",
    "application/x-x509-ca-cert": "der pem crt",
    "application/x-xpinstall": "xpi",
    "application/zip": "zip",
    "application/octet-stream": "bin exe dll deb dmg iso img msi",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "font/ttf": "ttf",
    "font/otf": "otf",
    "application/vnd.ms-fontobject": "eot",
    "image/png": "png",
    "image/jpeg": "jpeg jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/svg+xml": "svg svgz",
    "image/tiff": "tif tiff",
    "image/x-icon": "ico",
    "image/bmp": "bmp",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg oga",
    "audio/wav": "wav",
    "audio/x-m4a": "m4a",
    "audio/midi": "mid midi",
    "video/mp4": "mp4 m4v",
    "video/webm": "webm",
    "video/mpeg": "mpeg mpg",
    "video/quicktime": "mov",
    "video/x-msvideo": "avi",
    "video/3gpp": "3gp 3gpp",
  };
  const lines = Object.entries(types).map(([type, suffixes]) => `  ${type} ${suffixes};`);
  return `types {\n${lines.join("\n")}\n}\n`;
}
