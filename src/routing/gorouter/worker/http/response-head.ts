import type { BodyFraming } from "./body-reader.ts";
import { ConnectionOptions } from "./connection-options.ts";
import { HeaderFields } from "./header-fields.ts";
import { Header } from "./header-names.ts";

/** One response's head from an endpoint. One per worker, reused. */
export class ResponseHead {
  readonly fields = new HeaderFields();
  readonly connection = new ConnectionOptions();
  /** `HTTP/1.x 200 OK`. */
  line = "";
  minorVersion = 1;
  status = 0;
  framing: BodyFraming = "none";
  contentLength = 0;
  /** A Content-Length beside chunks: must not reach the client. */
  dropLength = false;
  /** The endpoint keeps the connection open for so long; 0: it did not say. */
  keepAliveMs = 0;

  /** False when it is no HTTP/1 response that has one meaning only. @param requestMethod HEAD has no body. */
  parse(text: string, requestMethod: string): boolean {
    const end = text.indexOf("\r\n");
    this.line = text.slice(0, end);
    if (!this.#parseLine()) return false;
    if (this.fields.parse(text, end + 2) !== "ok") return false;
    return this.#readFields(requestMethod);
  }

  /** Whether another request may follow on the endpoint's connection. */
  get keepAlive(): boolean {
    if (this.framing === "until-close" || this.dropLength) return false;
    return this.minorVersion === 1 ? !this.connection.close : this.connection.keepAlive;
  }

  /** `HTTP/1.x NNN` and, if more, a space and text without control characters. */
  #parseLine(): boolean {
    const { line } = this;
    const minor = line.charCodeAt(7) - 48;
    const status = digit(line, 9) * 100 + digit(line, 10) * 10 + digit(line, 11);
    if (!line.startsWith("HTTP/1.") || (minor !== 0 && minor !== 1) || line.charCodeAt(8) !== 32) return false;
    if (!(status >= 100 && status < 600) || (line.length > 12 && line.charCodeAt(12) !== 32)) return false;
    for (let at = 13; at < line.length; at++) if (line.charCodeAt(at) < 32 && line.charCodeAt(at) !== 9) return false;
    this.minorVersion = minor;
    this.status = status;
    return true;
  }

  #readFields(requestMethod: string): boolean {
    const { fields } = this;
    let length = -1;
    let encodings = 0;
    this.keepAliveMs = 0;
    for (let line = 0; line < fields.count; line++) {
      switch (fields.ids[line]) {
        case Header.contentLength: {
          const value = fields.value(line);
          if (!/^\d{1,15}$/.test(value) || (length >= 0 && length !== Number(value))) return false;
          length = Number(value);
          break;
        }
        case Header.transferEncoding:
          if (++encodings > 1 || fields.value(line).toLowerCase() !== "chunked") return false;
          break;
        case Header.keepAlive: {
          const timeout = /timeout=(\d{1,6})/.exec(fields.value(line));
          if (timeout !== null) this.keepAliveMs = Number(timeout[1]) * 1000;
          break;
        }
      }
    }
    this.connection.read(fields);
    this.dropLength = encodings > 0 && length >= 0;
    this.contentLength = Math.max(0, length);
    if (requestMethod === "HEAD" || this.status < 200 || this.status === 204 || this.status === 304) {
      this.framing = "none";
    } else if (encodings > 0) this.framing = "chunked";
    else if (length >= 0) this.framing = "length";
    else this.framing = "until-close";
    return true;
  }
}

/** NaN when it is none, which no comparison holds for. */
function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}
