import { quoted, quotedOrDash } from "../quote.ts";
import type { Exchange } from "./exchange.ts";

/** Gorouter: accesslog/schema/access_log_record.go; so that a line fits a datagram. */
const LINE_MAX = 65_400;
const SMALL_MAX = 1_000;
const LARGE_MAX = 20_000;
const NO_ENDPOINT = { quotedAddress: '"-"', logFields: 'app_id:"-" app_index:"-" instance_id:"-"' };

/** The access log line of a finished exchange, in the real router's format. @param endMs steady milliseconds. */
export function accessLogLine(exchange: Exchange, endMs: number): string {
  const line = render(exchange, endMs, false);
  return line.length > LINE_MAX ? render(exchange, endMs, true) : line;
}

function render(exchange: Exchange, endMs: number, cut: boolean): string {
  const { receivedMs, forwardedMs, status } = exchange;
  const endpoint = exchange.endpoint ?? NO_ENDPOINT;
  const request = cut ? truncated(exchange.line, "request-uri", LARGE_MAX) : exchange.line;
  const host = cut ? truncated(exchange.host, "host", SMALL_MAX) : exchange.host;
  return (
    `${host} - [${timestamp(exchange.receivedWallMs)}] ${quoted(request)} ` +
    `${status === 0 ? '"-"' : status} ${exchange.bytesReceived} ${exchange.bytesSent} ` +
    `${header(exchange.referer, "referer", cut)} ${userAgent(exchange.userAgent, cut)} ` +
    `"${exchange.remoteAddress}" ${endpoint.quotedAddress} ` +
    `x_forwarded_for:${header(exchange.forwardedFor, "x-forwarded-for", cut)} ` +
    `x_forwarded_proto:${header(exchange.forwardedProto, "x-forwarded-proto", cut)} ` +
    `vcap_request_id:${quotedOrDash(exchange.requestId)} response_time:${seconds(endMs - receivedMs)} ` +
    `gorouter_time:${forwardedMs === 0 ? '"-"' : seconds(forwardedMs - receivedMs)} ${endpoint.logFields} ` +
    `x_cf_routererror:${quotedOrDash(exchange.routerError)}`
  );
}

function header(value: string, name: string, cut: boolean): string {
  return quotedOrDash(cut ? truncated(value, name, SMALL_MAX) : value);
}

let lastAgent = "";
let lastAgentQuoted = '"-"';

/** The longest of the fields, and one client sends the same with every request. */
function userAgent(value: string, cut: boolean): string {
  if (cut) return header(value, "user-agent", cut);
  if (value !== lastAgent) {
    lastAgentQuoted = quotedOrDash(value);
    lastAgent = value;
  }
  return lastAgentQuoted;
}

/** With six decimals. `toFixed` does the same at three times the cost. */
function seconds(ms: number): string {
  const us = Math.max(0, Math.round(ms * 1000));
  const whole = Math.floor(us / 1_000_000);
  return `${whole}.${String(1_000_000 + us - whole * 1_000_000).slice(1)}`;
}

function truncated(value: string, name: string, max: number): string {
  let cut = value;
  while (cut.length > max) {
    cut = `${cut.slice(0, Math.floor(cut.length / 2))}...${name.toUpperCase()}-TOO-LONG-TO-LOG--TRUNCATED`;
  }
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
