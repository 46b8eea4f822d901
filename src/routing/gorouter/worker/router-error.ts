/** An answer that the router itself gives. Gorouter: handlers/*.go, errorwriter/error_writer.go */
export interface RouterError {
  readonly status: number;
  readonly body: string;
  /** Value of X-Cf-RouterError; empty: none. */
  readonly code: string;
  readonly cacheControl: string;
}

const NOT_CACHED = "no-cache, no-store";
const BRIEFLY_CACHED = "public,max-age=2";

const STATUS_TEXT: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  431: "Request Header Fields Too Large",
  496: "",
  499: "",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  525: "",
  526: "",
};

/** @param host as the client wrote it. */
export function unknownRoute(host: string): RouterError {
  return told(404, "unknown_route", `Requested route ('${host}') does not exist.`, NOT_CACHED);
}

/** A header asked for an instance that the route does not have. @param index empty: any instance of the process. */
export function unknownInstance(kind: "app" | "process", guid: string, index: string, host: string): RouterError {
  const which = index === "" ? "Requested instance" : `Requested instance ('${index}')`;
  const whose = kind === "app" ? `guid ('${guid}')` : `process guid ('${guid}')`;
  return told(400, "unknown_route", `${which} with ${whose} does not exist for route ('${host}')`, NOT_CACHED);
}

export const INVALID_APP_INSTANCE = told(
  400,
  "invalid_cf_app_instance_header",
  "Invalid X-CF-App-Instance Header",
  NOT_CACHED,
);
export const INVALID_PROCESS_INSTANCE = told(
  400,
  "invalid_cf_process_instance_header",
  "Invalid X-CF-Process-Instance Header",
  NOT_CACHED,
);
export const EMPTY_HOST = told(400, "empty_host", "Request had empty Host header", BRIEFLY_CACHED);
export const ROUTE_SERVICE_UNSUPPORTED = told(
  502,
  "route_service_unsupported",
  "Support for route services is disabled.",
  "",
);

export function connectionLimitReached(host: string): RouterError {
  const text = `Requested route ('${host}') has reached the connection limit.`;
  return told(503, "Connection Limit Reached", text, "");
}

/** No endpoint could answer. Gorouter: proxy/round_tripper/error_handler.go. @param cause what went wrong, for the header. */
export function endpointFailure(kind: EndpointFailure, cause: string): RouterError {
  const { status, body } = ENDPOINT_FAILURES[kind];
  return { status, body: `${body}\n`, code: `endpoint_failure (${cause})`, cacheControl: "" };
}

export type EndpointFailure = "unreachable" | "tls" | "name" | "untrusted" | "certificate-required";

const ENDPOINT_FAILURES: Readonly<Record<EndpointFailure, { readonly status: number; readonly body: string }>> = {
  unreachable: { status: 502, body: "502 Bad Gateway: Registered endpoint failed to handle the request." },
  tls: { status: 525, body: "525 SSL Handshake Failed" },
  name: { status: 503, body: "503 Service Unavailable" },
  untrusted: { status: 526, body: "526 Invalid SSL Certificate" },
  "certificate-required": { status: 496, body: "496 SSL Certificate Required" },
};

export const MALFORMED: RouterError = { status: 400, body: "400 Bad Request", code: "", cacheControl: "" };
export const UNSUPPORTED_ENCODING: RouterError = {
  status: 501,
  body: "Unsupported transfer encoding",
  code: "",
  cacheControl: "",
};
export const TOO_LARGE: RouterError = { status: 431, body: "", code: "max-request-size-exceeded", cacheControl: "" };

function told(status: number, code: string, message: string, cacheControl: string): RouterError {
  return { status, code, cacheControl, body: `${status} ${STATUS_TEXT[status]}: ${message}\n` };
}

/** The whole response, one character a byte. @param bodyless for HEAD. */
export function renderRouterError(error: RouterError, close: boolean, bodyless: boolean, date: string): string {
  let head = `HTTP/1.1 ${error.status} ${STATUS_TEXT[error.status] ?? ""}\r\n`;
  if (error.cacheControl !== "") head += `Cache-Control: ${error.cacheControl}\r\n`;
  if (error.body !== "") head += "Content-Type: text/plain; charset=utf-8\r\n";
  if (error.code !== "") head += `X-Cf-Routererror: ${headerText(error.code)}\r\n`;
  head += `X-Content-Type-Options: nosniff\r\nDate: ${date}\r\nContent-Length: ${error.body.length}\r\n`;
  if (close) head += "Connection: close\r\n";
  return `${head}\r\n${bodyless ? "" : error.body}`;
}

function headerText(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, " ");
}
