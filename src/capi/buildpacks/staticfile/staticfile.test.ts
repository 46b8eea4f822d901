import assert from "node:assert/strict";
import { test } from "node:test";
import { FORCE_HTTPS, nginxConf } from "./nginx-conf.ts";
import { optionLines, parseStaticfile } from "./staticfile.ts";

test("an empty Staticfile switches nothing on", () => {
  const site = parseStaticfile(null);
  assert.deepEqual(optionLines(site), []);
  assert.doesNotMatch(nginxConf(site, false), /autoindex|rewrite|auth_basic|ssi on|Strict-Transport|error_page/);
});

test("each option is said and becomes its directive", () => {
  const on = (document: object, line: RegExp, directive: RegExp): void => {
    const site = parseStaticfile(document);
    assert.match(optionLines(site).join("\n"), line);
    assert.match(nginxConf(site, false), directive);
  };
  on({ directory: "visible" }, /directory index/, /autoindex on;/);
  on({ pushstate: "enabled" }, /Enabling pushstate/, /if \(!-e \$request_filename\) \{\s+rewrite \^ \/ break;/);
  on({ ssi: true }, /Enabling SSI/, /ssi on;/);
  on({ force_https: true }, /Enabling HTTPS redirect/, /return 301 https:\/\/\$best_host\$best_prefix\$request_uri;/);
  on({ enable_http2: "true" }, /Enabling HTTP\/2/, /listen \(\(PORT\)\) http2;/);
  on({ location_include: "includes/*.conf" }, /location include file includes/, /include includes\/\*\.conf;/);
  on({ http_strict_transport_security: true }, /Enabling HSTS/, /"max-age=31536000";/);
  on(
    {
      http_strict_transport_security: true,
      http_strict_transport_security_include_subdomains: true,
      http_strict_transport_security_preload: true,
    },
    /HSTS Preload/,
    /"max-age=31536000; includeSubDomains; preload";/,
  );
  on({ status_codes: { 404: "/404.html", "5xx": "/50x.html" } }, /custom pages/, /error_page 404 \/404\.html;/);
  assert.match(
    nginxConf(parseStaticfile({ status_codes: { "4xx": "/e.html" } }), false),
    /error_page 400 401 .* 451 \/e/,
  );
  assert.doesNotMatch(nginxConf(parseStaticfile({ host_dot_files: true }), false), /location ~ /);
  assert.match(nginxConf(parseStaticfile({}), true), /auth_basic "Restricted";/);
  assert.match(nginxConf(parseStaticfile({}), true), /\(\(FORCE_HTTPS\)\)/);
  assert.ok(nginxConf(parseStaticfile({ force_https: "true" }), false).includes(FORCE_HTTPS));
});

test("off is off, and what would break nginx.conf is refused", () => {
  for (const value of ["disabled", false, "yes", null])
    assert.equal(parseStaticfile({ pushstate: value }).pushState, false);
  assert.throws(() => parseStaticfile(["a"]), /not a mapping/);
  assert.throws(() => parseStaticfile({ location_include: "a; root /" }), /location_include/);
  assert.throws(() => parseStaticfile({ status_codes: { 404: "/x; }" } }), /status_codes/);
});
