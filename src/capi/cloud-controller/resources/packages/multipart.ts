/**
 * `multipart/form-data` as a stream: parts come one after the other, and a part's bytes are never held but for the few that might
 * begin a delimiter. RFC 7578, RFC 2046 §5.1.
 */
export interface MultipartPart {
  readonly name: string;
  /** Null for an ordinary field. */
  readonly fileName: string | null;
  /** Read it to its end before the next part; what is left unread is skipped. */
  readonly body: AsyncIterable<Buffer>;
}

/** The body is not what its content type says, or ended too early. */
export class MultipartError extends Error {}

const HEADER_BYTES_MAX = 16_384;
const PARTS_MAX = 100;
const LINE_END = Buffer.from("\r\n");
const HEADERS_END = Buffer.from("\r\n\r\n");

/** Null when it is not `multipart/form-data` with a boundary. */
export function multipartBoundary(contentType: string | undefined): string | null {
  const match = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType ?? "");
  return match?.[1] ?? match?.[2] ?? null;
}

/** Throws `MultipartError`. */
export async function* readMultipart(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<MultipartPart> {
  const bytes = new ByteReader(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  bytes.unread(LINE_END); // so that the first delimiter looks like all others
  for await (const _ of bytes.until(delimiter)); // a preamble means nothing
  for (let count = 0; count < PARTS_MAX; count++) {
    if (await atEnd(bytes)) return;
    const headers = parseHeaders(await bytes.textUntil(HEADERS_END, HEADER_BYTES_MAX));
    const body = bytes.until(delimiter);
    yield { ...headers, body };
    for await (const _ of body); // what nobody wanted
  }
  throw new MultipartError("too many parts");
}

/** What follows a delimiter: `--` ends all, a line end begins a part. */
async function atEnd(bytes: ByteReader): Promise<boolean> {
  const two = await bytes.take(2);
  if (two.toString("latin1") === "--") return true;
  if (two.equals(LINE_END)) {
    // The header block may be empty: keep its line end for the search of the blank line.
    bytes.unread(LINE_END);
    return false;
  }
  throw new MultipartError("malformed delimiter");
}

function parseHeaders(text: string): { name: string; fileName: string | null } {
  for (const line of text.split("\r\n")) {
    const match = /^content-disposition:\s*form-data\s*;(.*)$/i.exec(line);
    if (match === null) continue;
    const parameters = match[1] ?? "";
    const name = parameterOf(parameters, "name");
    if (name !== null) return { name, fileName: parameterOf(parameters, "filename") };
  }
  throw new MultipartError("a part has no name");
}

function parameterOf(text: string, name: string): string | null {
  const match = new RegExp(`(?:^|[;\\s])${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, "i").exec(text);
  if (match === null) return null;
  return match[1]?.replaceAll(/\\(.)/g, "$1") ?? match[2] ?? "";
}

class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #pending: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  unread(bytes: Buffer): void {
    this.#pending = Buffer.concat([bytes, this.#pending]);
  }

  async take(count: number): Promise<Buffer> {
    while (this.#pending.length < count) await this.#more();
    const taken = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    return taken;
  }

  /** Everything before `mark`, which is dropped. */
  async *until(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#pending.indexOf(mark);
      if (at >= 0) {
        const last = this.#pending.subarray(0, at);
        this.#pending = this.#pending.subarray(at + mark.length);
        if (last.length > 0) yield last;
        return;
      }
      const safe = this.#pending.length - mark.length + 1;
      if (safe > 0) {
        const piece = this.#pending.subarray(0, safe);
        this.#pending = this.#pending.subarray(safe);
        yield piece;
      } else await this.#more();
    }
  }

  async textUntil(mark: Buffer, bytesMax: number): Promise<string> {
    for (;;) {
      const at = this.#pending.indexOf(mark);
      if (at >= 0 && at <= bytesMax) {
        const text = this.#pending.toString("utf8", 0, at);
        this.#pending = this.#pending.subarray(at + mark.length);
        return text;
      }
      if (this.#pending.length > bytesMax) throw new MultipartError("headers of a part are too long");
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw new MultipartError("the body ended too early");
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
  }
}

/** A field's text. Throws `MultipartError` beyond `bytesMax`. */
export async function partText(part: MultipartPart, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of part.body) {
    size += chunk.length;
    if (size > bytesMax) throw new MultipartError(`field ${part.name} is too long`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString();
}
