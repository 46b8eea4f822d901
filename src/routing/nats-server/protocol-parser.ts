/** What a client may send. NATS: server/parser.go; header messages as HPUB. */
export type ClientOperation =
  | { readonly op: "CONNECT"; readonly options: Readonly<Record<string, unknown>> }
  | { readonly op: "PING" | "PONG" }
  | { readonly op: "SUB"; readonly subject: string; readonly queue: string; readonly sid: string }
  | { readonly op: "UNSUB"; readonly sid: string; readonly max: number }
  | {
      readonly op: "PUB";
      readonly subject: string;
      readonly reply: string;
      readonly header: Buffer | null;
      readonly data: Buffer;
    };

/** The text is what goes to the client as `-ERR '…'`; the connection ends with it. */
export class NatsProtocolError extends Error {}

/** NATS: MAX_CONTROL_LINE_SIZE */
const CONTROL_LINE_MAX = 4_096;
const LF = 10;
const CR = 13;

type PendingMessage = { subject: string; reply: string; headerSize: number; totalSize: number };

/** Cuts a client's byte stream into operations, however the bytes are chunked. */
export class NatsParser {
  readonly #payloadMax: number;
  #rest: Buffer | null = null;
  #message: PendingMessage | null = null;

  constructor(payloadMax: number) {
    this.#payloadMax = payloadMax;
  }

  /** Yields complete operations; throws `NatsProtocolError`. Payloads are views of the chunks: copy what outlives them. */
  *feed(chunk: Buffer): Generator<ClientOperation> {
    let buffer = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    for (;;) {
      if (this.#message !== null) {
        const { subject, reply, headerSize, totalSize } = this.#message;
        if (buffer.length < totalSize + 2) break;
        if (buffer[totalSize] !== CR || buffer[totalSize + 1] !== LF) {
          throw new NatsProtocolError("Unknown Protocol Operation");
        }
        const header = headerSize > 0 ? buffer.subarray(0, headerSize) : null;
        const data = buffer.subarray(headerSize, totalSize);
        buffer = buffer.subarray(totalSize + 2);
        this.#message = null;
        yield { op: "PUB", subject, reply, header, data };
        continue;
      }
      const end = buffer.indexOf(LF);
      if (end > CONTROL_LINE_MAX || (end < 0 && buffer.length > CONTROL_LINE_MAX)) {
        throw new NatsProtocolError("maximum control line exceeded");
      }
      if (end < 0) break;
      const line = buffer.toString("utf8", 0, end > 0 && buffer[end - 1] === CR ? end - 1 : end);
      buffer = buffer.subarray(end + 1);
      const operation = this.#line(line);
      if (operation !== null) yield operation;
    }
    if (buffer.length > 0) this.#rest = buffer;
  }

  #line(line: string): ClientOperation | null {
    const space = line.search(/[ \t]/);
    const name = (space < 0 ? line : line.slice(0, space)).toUpperCase();
    const rest = space < 0 ? "" : line.slice(space + 1).trim();
    const parts = rest === "" ? [] : rest.split(/[ \t]+/);
    switch (name) {
      case "PING":
      case "PONG":
        return { op: name };
      case "CONNECT":
        return { op: "CONNECT", options: connectOptions(rest) };
      case "SUB":
        if (parts.length === 2) return { op: "SUB", subject: parts[0]!, queue: "", sid: parts[1]! };
        if (parts.length === 3) return { op: "SUB", subject: parts[0]!, queue: parts[1]!, sid: parts[2]! };
        break;
      case "UNSUB":
        if (parts.length === 1) return { op: "UNSUB", sid: parts[0]!, max: 0 };
        if (parts.length === 2) return { op: "UNSUB", sid: parts[0]!, max: count(parts[1]!) };
        break;
      case "PUB":
        if (parts.length === 2) return this.#expect(parts[0]!, "", 0, count(parts[1]!));
        if (parts.length === 3) return this.#expect(parts[0]!, parts[1]!, 0, count(parts[2]!));
        break;
      case "HPUB":
        if (parts.length === 3) return this.#expect(parts[0]!, "", count(parts[1]!), count(parts[2]!));
        if (parts.length === 4) return this.#expect(parts[0]!, parts[1]!, count(parts[2]!), count(parts[3]!));
        break;
    }
    throw new NatsProtocolError("Unknown Protocol Operation");
  }

  #expect(subject: string, reply: string, headerSize: number, totalSize: number): null {
    if (totalSize > this.#payloadMax) throw new NatsProtocolError("Maximum Payload Violation");
    if (headerSize > totalSize) throw new NatsProtocolError("Unknown Protocol Operation");
    this.#message = { subject, reply, headerSize, totalSize };
    return null;
  }
}

function connectOptions(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // falls through to the one answer for every malformed CONNECT
  }
  throw new NatsProtocolError("Unknown Protocol Operation");
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new NatsProtocolError("Unknown Protocol Operation");
  return Number(text);
}
