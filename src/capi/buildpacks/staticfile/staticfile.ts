/** What a Staticfile may say. Names and meanings: cloudfoundry/staticfile-buildpack, finalize.go. */
export interface Staticfile {
  /** Folder with the site, relative to the app. */
  readonly root: string;
  readonly hostDotFiles: boolean;
  /** An nginx file, included in the location of the site; empty: none. */
  readonly locationInclude: string;
  readonly directoryIndex: boolean;
  readonly ssi: boolean;
  readonly pushState: boolean;
  readonly hsts: boolean;
  readonly hstsIncludeSubDomains: boolean;
  readonly hstsPreload: boolean;
  readonly forceHttps: boolean;
  readonly http2: boolean;
  /** nginx's `error_page` codes → page. */
  readonly statusCodes: readonly (readonly [codes: string, page: string])[];
}

const CODES_4XX =
  "400 401 402 403 404 405 406 407 408 409 410 411 412 413 414 415 416 417 418 421 422 423 424 426 428 429 431 451";
const CODES_5XX = "500 501 502 503 504 505 506 507 508 510 511";

/** A parsed Staticfile; an empty one has null. Throws when it is no mapping or holds what would break the server. */
export function parseStaticfile(document: unknown): Staticfile {
  if (document !== null && document !== undefined && (typeof document !== "object" || Array.isArray(document))) {
    throw new Error("the Staticfile is not a mapping of names to values");
  }
  const fields = (document ?? {}) as Record<string, unknown>;
  const text = (name: string): string => {
    const value = fields[name];
    return value === undefined || value === null || typeof value === "object" ? "" : String(value);
  };
  const on = (name: string): boolean => text(name) === "enabled" || text(name) === "true";
  const codes = fields["status_codes"];
  return {
    root: text("root"),
    hostDotFiles: on("host_dot_files"),
    locationInclude: withoutBreakout("location_include", text("location_include")),
    directoryIndex: text("directory") !== "",
    ssi: on("ssi"),
    pushState: on("pushstate"),
    hsts: on("http_strict_transport_security"),
    hstsIncludeSubDomains: on("http_strict_transport_security_include_subdomains"),
    hstsPreload: on("http_strict_transport_security_preload"),
    forceHttps: on("force_https"),
    http2: on("enable_http2"),
    statusCodes: Object.entries(typeof codes === "object" && codes !== null ? codes : {}).map(([code, page]) => [
      code.includes("4xx") ? CODES_4XX : code.includes("5xx") ? CODES_5XX : withoutBreakout("status_codes", code),
      withoutBreakout("status_codes", String(page)),
    ]),
  };
}

/** These values become part of a directive: one that ends it would make nginx fail with a message nobody can place. */
function withoutBreakout(name: string, value: string): string {
  if (/[;{}\n]/.test(value)) throw new Error(`${name} in the Staticfile holds a character that nginx cannot take`);
  return value;
}

/** What to say about each option that is on, in the classic buildpack's words. */
export function optionLines(site: Staticfile): string[] {
  const lines: [on: boolean, line: string][] = [
    [site.hostDotFiles, "Enabling hosting of dotfiles"],
    [site.locationInclude !== "", `Enabling location include file ${site.locationInclude}`],
    [site.directoryIndex, "Enabling directory index for folders without index.html files"],
    [site.ssi, "Enabling SSI"],
    [site.pushState, "Enabling pushstate"],
    [site.hsts, "Enabling HSTS"],
    [site.hstsIncludeSubDomains, "Enabling HSTS includeSubDomains"],
    [site.hstsPreload, "Enabling HSTS Preload"],
    [site.http2, "Enabling HTTP/2"],
    [site.forceHttps, "Enabling HTTPS redirect"],
    [site.statusCodes.length > 0, "Enabling custom pages for status_codes"],
  ];
  return lines.flatMap(([on, line]) => (on ? [line] : []));
}
