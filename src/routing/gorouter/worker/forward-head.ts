import { isListed } from "./http/connection-options.ts";
import { Header } from "./http/header-names.ts";
import type { RequestHead } from "./http/request-head.ts";
import type { ResponseHead } from "./http/response-head.ts";

/** Who asks, and what the router adds about it. */
export interface ForwardedFacts {
  readonly remoteIp: string;
  readonly proto: "http" | "https";
  readonly requestId: string;
  readonly nowMs: number;
}

/** A request's head as an endpoint gets it, but for the lines about the endpoint and the blank line. */
export interface ForwardedRequest {
  readonly head: string;
  /** The X-Forwarded-For and X-Forwarded-Proto that were sent, for the access log. */
  readonly forwardedFor: string;
  readonly forwardedProto: string;
}

/** Gorouter: proxy/proxy.go setupProxyRequest, handlers/x_forwarded_proto.go, Go: httputil.ReverseProxy. */
export function forwardRequest(request: RequestHead, facts: ForwardedFacts): ForwardedRequest {
  const { fields, connection } = request;
  const { text, ids, starts, count } = fields;
  let forwardedFor = "";
  let forwardedProto = "";
  let hasStart = false;
  let head = request.minorVersion === 1 ? "" : `${request.line.slice(0, -1)}1\r\n`;
  let from = request.minorVersion === 1 ? 0 : fields.first;
  for (let line = 0; line < count; line++) {
    let keep = true;
    switch (ids[line]) {
      case Header.other:
        keep = !isListed(connection, fields, line);
        break;
      case Header.host:
        keep = !request.absoluteForm;
        break;
      case Header.upgrade:
        keep = request.upgrade;
        break;
      case Header.te:
        keep = fields.value(line).toLowerCase() === "trailers";
        break;
      case Header.forwardedFor:
        forwardedFor += forwardedFor === "" ? fields.value(line) : `, ${fields.value(line)}`;
        keep = false;
        break;
      case Header.forwardedProto:
        forwardedProto = fields.value(line);
        break;
      case Header.requestStart:
        hasStart = true;
        break;
      case Header.connection:
      case Header.keepAlive:
      case Header.proxyConnection:
      case Header.proxyAuthorization:
      case Header.requestId:
      case Header.applicationId:
      case Header.instanceId:
      case Header.instanceIndex:
      case Header.appInstance:
      case Header.processInstance:
        keep = false;
        break;
      case Header.cookie:
      case Header.referer:
      case Header.userAgent:
      case Header.idempotencyKey:
        keep = !isListed(connection, fields, line);
        break;
    }
    if (keep) continue;
    if (starts[line]! > from) head += text.slice(from, starts[line]);
    from = starts[line + 1]!;
  }
  head += text.slice(from, starts[count]);
  if (request.absoluteForm) head += `Host: ${request.host}\r\n`;
  if (request.upgrade) head += "Connection: Upgrade\r\n";
  forwardedFor = forwardedFor === "" ? facts.remoteIp : `${forwardedFor}, ${facts.remoteIp}`;
  head += `X-Forwarded-For: ${forwardedFor}\r\n`;
  if (forwardedProto === "") {
    forwardedProto = facts.proto;
    head += `X-Forwarded-Proto: ${forwardedProto}\r\n`;
  }
  head += `X-Vcap-Request-Id: ${facts.requestId}\r\n`;
  if (!hasStart) head += `X-Request-Start: ${facts.nowMs}\r\n`;
  return { head, forwardedFor, forwardedProto };
}

/** How the response's end is told to the client. */
export type ClientFraming = "as-is" | "close" | "keep-alive-1.0";

/**
 * A response's head as the client gets it, blank line included.
 * @param dechunk the client knows no chunks: the body goes out bare, ended by closing.
 */
export function forwardResponse(
  response: ResponseHead,
  requestId: string,
  stickyCookie: string | null,
  framing: ClientFraming,
  dechunk: boolean,
): string {
  const { fields, connection } = response;
  const { text, ids, starts, count } = fields;
  const switching = response.status === 101;
  let hasRequestId = false;
  let head = response.minorVersion === 1 ? "" : `HTTP/1.1${response.line.slice(8)}\r\n`;
  let from = response.minorVersion === 1 ? 0 : fields.first;
  for (let line = 0; line < count; line++) {
    let keep = true;
    switch (ids[line]) {
      case Header.requestId:
        hasRequestId = fields.valueEnds[line]! > fields.valueStarts[line]!;
        keep = hasRequestId;
        break;
      case Header.connection:
      case Header.upgrade:
        keep = switching;
        break;
      case Header.keepAlive:
      case Header.proxyConnection:
      case Header.proxySignature:
        keep = false;
        break;
      case Header.contentLength:
        keep = !response.dropLength;
        break;
      case Header.transferEncoding:
        keep = !dechunk;
        break;
      case Header.other:
        keep = switching || !isListed(connection, fields, line);
        break;
    }
    if (keep) continue;
    if (starts[line]! > from) head += text.slice(from, starts[line]);
    from = starts[line + 1]!;
  }
  head += text.slice(from, starts[count]);
  if (!hasRequestId) head += `X-Vcap-Request-Id: ${requestId}\r\n`;
  if (stickyCookie !== null) head += `Set-Cookie: ${stickyCookie}\r\n`;
  if (!switching && framing !== "as-is")
    head += framing === "close" ? "Connection: close\r\n" : "Connection: keep-alive\r\n";
  return `${head}\r\n`;
}
