import type { BodyFraming } from "./body-reader.ts";
import { ConnectionOptions } from "./connection-options.ts";
import { HeaderFields, TOKEN } from "./header-fields.ts";
import { Header } from "./header-names.ts";

/** Why a request is refused before it is routed; `ok`: it is not. */
export type RequestVerdict = "ok" | "malformed" | "unsupported-version" | "unsupported-encoding" | "too-large";

const SPACE = 32;
const METHOD_MAX = 64;

/**
 * One request's head, read strictly: whatever another HTTP reader might understand differently is refused, since that is
 * what request smuggling lives on. One per worker, reused: copy what must outlive the next `parse`.
 */
export class RequestHead {
  readonly fields = new HeaderFields();
  readonly connection = new ConnectionOptions();
  /** `METHOD target HTTP/1.x`. */
  line = "";
  method = "";
  target = "";
  minorVersion = 1;
  /** As the client wrote it, port included. */
  host = "";
  /** The part of the target that routes are compared with. */
  path = "";
  /** The target named its own host (`GET http://host/path`): the Host line is replaced by it. */
  absoluteForm = false;
  framing: BodyFraming = "none";
  contentLength = 0;
  expectContinue = false;
  /** The client wants to change the protocol of this connection. */
  upgrade = false;

  /** @param text the whole head with its blank line, one character a byte. */
  parse(text: string): RequestVerdict {
    const lineVerdict = this.#parseLine(text);
    if (lineVerdict !== "ok") return lineVerdict;
    const fields = this.fields.parse(text, this.line.length + 2);
    if (fields === "too-many") return "too-large";
    if (fields !== "ok") return "malformed";
    return this.#readFields();
  }

  /** Whether the client wants to send another request on this connection. */
  get keepAlive(): boolean {
    return this.minorVersion === 1 ? !this.connection.close : this.connection.keepAlive && !this.connection.close;
  }

  /** May be sent again when nothing came back. Go: net/http isReplayable. */
  get idempotent(): boolean {
    if (this.framing !== "none") return false;
    switch (this.method) {
      case "GET":
      case "HEAD":
      case "OPTIONS":
      case "TRACE":
        return true;
    }
    const key = this.fields.find(Header.idempotencyKey);
    return key !== null && key !== "";
  }

  #parseLine(text: string): RequestVerdict {
    let at = 0;
    while (TOKEN[text.charCodeAt(at)] === 1) at++;
    if (at === 0 || at > METHOD_MAX || text.charCodeAt(at) !== SPACE) return "malformed";
    const methodEnd = at++;
    while (isTargetByte(text.charCodeAt(at))) at++;
    if (at === methodEnd + 1 || text.charCodeAt(at) !== SPACE) return "malformed";
    const targetEnd = at++;
    const end = text.indexOf("\r\n", at);
    const version = text.slice(at, end);
    if (version === "HTTP/1.1") this.minorVersion = 1;
    else if (version === "HTTP/1.0") this.minorVersion = 0;
    else return /^HTTP\/\d\.\d$/.test(version) ? "unsupported-version" : "malformed";
    this.line = text.slice(0, end);
    this.method = text.slice(0, methodEnd);
    this.target = text.slice(methodEnd + 1, targetEnd);
    return this.method === "CONNECT" ? "malformed" : "ok";
  }

  #readFields(): RequestVerdict {
    const { fields } = this;
    let host: string | null = null;
    let lengths = 0;
    let encodings = 0;
    this.framing = "none";
    this.contentLength = 0;
    this.expectContinue = false;
    let wantsProtocol = false;
    for (let line = 0; line < fields.count; line++) {
      switch (fields.ids[line]) {
        case Header.host:
          if (host !== null) return "malformed";
          host = fields.value(line);
          break;
        case Header.contentLength: {
          const value = fields.value(line);
          if (++lengths > 1 || !/^\d{1,15}$/.test(value)) return "malformed";
          this.contentLength = Number(value);
          this.framing = "length";
          break;
        }
        case Header.transferEncoding:
          if (++encodings > 1) return "malformed";
          if (fields.value(line).toLowerCase() !== "chunked") return "unsupported-encoding";
          break;
        case Header.expect:
          this.expectContinue = true;
          break;
        case Header.upgrade:
          wantsProtocol = true;
          break;
      }
    }
    if (encodings > 0) {
      // Two framings, or one that HTTP/1.0 does not know: the next reader may believe the other one.
      if (lengths > 0 || this.minorVersion === 0) return "malformed";
      this.framing = "chunked";
    }
    this.connection.read(fields);
    this.upgrade = wantsProtocol && this.connection.upgrade && this.minorVersion === 1;
    if (host === null && this.minorVersion === 1) return "malformed";
    return this.#readTarget(host ?? "");
  }

  #readTarget(host: string): RequestVerdict {
    const { target } = this;
    this.host = host;
    this.absoluteForm = false;
    if (target.charCodeAt(0) === 47) {
      this.path = pathOf(target, 0);
    } else if (target === "*" && this.method === "OPTIONS") {
      this.path = "";
    } else {
      const absolute = /^https?:\/\/([^/?#]+)/i.exec(target);
      if (absolute === null) return "malformed";
      this.absoluteForm = true;
      this.host = absolute[1]!;
      this.path = pathOf(target, absolute[0].length);
    }
    return /[\s@/\\?#,]/.test(this.host) ? "malformed" : "ok";
  }
}

function pathOf(target: string, from: number): string {
  const query = target.indexOf("?", from);
  return target.slice(from, query < 0 ? target.length : query);
}

function isTargetByte(code: number): boolean {
  return code > SPACE && code !== 127;
}
