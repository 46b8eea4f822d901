import type { Exchange } from "./exchange.ts";

/** Gorouter: accesslog/schema/access_log_record.go; so that a line fits a datagram. */
const LINE_MAX = 65_400;
const SMALL_MAX = 1_000;
const LARGE_MAX = 20_000;

/** The access log line of a finished exchange, in the real router's format. @param endMs steady milliseconds. */
export function accessLogLine(exchange: Exchange, endMs: number): string {
  const line = render(exchange, endMs, false);
  return line.length > LINE_MAX ? render(exchange, endMs, true) : line;
}

function render(exchange: Exchange, endMs: number, cut: boolean): string {
  const small = (value: string, name: string): string => (cut ? truncated(value, name, SMALL_MAX) : value);
  const { endpoint } = exchange;
  const data = endpoint?.data;
  const totalMs = endMs - exchange.receivedMs;
  const routerMs = exchange.forwardedMs === 0 ? -1 : Math.max(0, totalMs - (endMs - exchange.forwardedMs));
  const request = cut ? truncated(exchange.line, "request-uri", LARGE_MAX) : exchange.line;
  return (
    `${small(exchange.host, "host")} - [${timestamp(exchange.receivedWallMs)}] ${quoted(request)} ` +
    `${exchange.status === 0 ? '"-"' : exchange.status} ${exchange.bytesReceived} ${exchange.bytesSent} ` +
    `${orDash(small(exchange.referer, "referer"))} ${orDash(small(exchange.userAgent, "user-agent"))} ` +
    `${orDash(exchange.remoteAddress)} ${orDash(data?.address ?? "")} ` +
    `x_forwarded_for:${orDash(small(exchange.forwardedFor, "x-forwarded-for"))} ` +
    `x_forwarded_proto:${orDash(small(exchange.forwardedProto, "x-forwarded-proto"))} ` +
    `vcap_request_id:${orDash(exchange.requestId)} response_time:${(totalMs / 1000).toFixed(6)} ` +
    `gorouter_time:${routerMs < 0 ? '"-"' : (routerMs / 1000).toFixed(6)} app_id:${orDash(data?.appId ?? "")} ` +
    `app_index:${orDash(data?.instanceIndex ?? "")} instance_id:${orDash(data?.instanceId ?? "")} ` +
    `x_cf_routererror:${orDash(exchange.routerError)}`
  );
}

function orDash(value: string): string {
  return value === "" ? '"-"' : quoted(value);
}

/** Printable ASCII without quote and backslash needs no escapes, and that is nearly everything. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** As Go's strconv.Quote writes it, so that nothing in a request can forge another line or field. */
function quoted(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  return `"${Buffer.from(value, "latin1")
    .toString()
    .replace(/["\\\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffd]/g, escaped)}"`;
}

function escaped(character: string): string {
  const known: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  const code = character.charCodeAt(0);
  return known[character] ?? (code < 0x80 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

function truncated(value: string, name: string, max: number): string {
  let cut = value;
  while (cut.length > max)
    cut = `${cut.slice(0, Math.floor(cut.length / 2))}...${name.toUpperCase()}-TOO-LONG-TO-LOG--TRUNCATED`;
  return cut;
}

let lastMs = -1;
let lastText = "";

/** Many requests share a millisecond. */
function timestamp(wallMs: number): string {
  const whole = Math.floor(wallMs);
  if (whole !== lastMs) {
    lastMs = whole;
    lastText = `${new Date(whole).toISOString().slice(0, -1)}000000Z`;
  }
  return lastText;
}
