import type { HeaderFields } from "./header-fields.ts";
import { Header } from "./header-names.ts";

/** What the `Connection` lines of one message say. */
export class ConnectionOptions {
  close = false;
  keepAlive = false;
  upgrade = false;
  /** Other names in lower case: headers that are for this connection only. */
  readonly listed: string[] = [];

  read(fields: HeaderFields): void {
    this.close = false;
    this.keepAlive = false;
    this.upgrade = false;
    this.listed.length = 0;
    for (let line = 0; line < fields.count; line++) {
      if (fields.ids[line] !== Header.connection) continue;
      const value = fields.value(line);
      if (value === "keep-alive" || value === "Keep-Alive") this.keepAlive = true;
      else if (value === "close") this.close = true;
      else this.#split(value);
    }
  }

  #split(value: string): void {
    for (const part of value.toLowerCase().split(",")) {
      const option = part.trim();
      if (option === "close") this.close = true;
      else if (option === "keep-alive") this.keepAlive = true;
      else if (option === "upgrade") this.upgrade = true;
      else if (option !== "") this.listed.push(option);
    }
  }
}

/**
 * Listing one of these must not remove it: the framing, the host, and what the router itself says. Gorouter:
 * hop_by_hop_headers_to_filter.
 */
const NEVER_LISTED = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-client-cert",
  "x-request-start",
  "x-vcap-request-id",
  "b3",
  "x-b3",
  "x-b3-spanid",
  "x-b3-traceid",
  "set-cookie",
]);

/** Whether the `Connection` header takes this line away. */
export function isListed(options: ConnectionOptions, fields: HeaderFields, line: number): boolean {
  if (options.listed.length === 0) return false;
  const name = fields.name(line).toLowerCase();
  return options.listed.includes(name) && !NEVER_LISTED.has(name);
}
