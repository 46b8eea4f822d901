/** How the end of a body is known. */
export type BodyFraming = "none" | "length" | "chunked" | "until-close";

/** Bytes of a chunk-size line after the size, and of the whole trailer section: nobody needs more. */
const EXTENSION_MAX = 256;
const TRAILER_MAX = 8_192;
/** Hex digits of a chunk size: up to 2^52 bytes. */
const SIZE_DIGITS_MAX = 13;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER_NAME = 7;
const TRAILER_VALUE = 8;
const TRAILER_LF = 9;
const END_LF = 10;

const CR = 13;
const LF = 10;

/** Takes the payload's ranges of a chunked body, for a receiver that knows no chunks. */
export type PayloadSink = (buffer: Buffer, start: number, end: number) => void;

/**
 * Follows a body through the chunks of a stream without copying: the bytes are passed on as they are, this only knows
 * where they end and that they are well-formed. One per connection, reset for each message.
 */
export class BodyReader {
  done = true;
  failed = false;
  /** Bytes of content so far (without chunk framing). */
  payloadBytes = 0;
  framing: BodyFraming = "none";
  #remaining = 0;
  #state = SIZE;
  #digits = 0;
  #extra = 0;

  reset(framing: BodyFraming, length: number): void {
    this.framing = framing;
    this.#remaining = framing === "length" ? length : 0;
    this.#state = SIZE;
    this.#digits = 0;
    this.#extra = 0;
    this.payloadBytes = 0;
    this.failed = false;
    this.done = framing === "none" || (framing === "length" && length === 0);
  }

  /**
   * Where the body's part of `buffer[start, end)` ends: `end`, or earlier when the body is `done` there or `failed`.
   * @param sink gets the payload of chunked bodies, range by range.
   */
  consume(buffer: Buffer, start: number, end: number, sink?: PayloadSink): number {
    if (this.done) return start;
    if (this.framing === "length") {
      const part = Math.min(this.#remaining, end - start);
      this.#remaining -= part;
      this.payloadBytes += part;
      this.done = this.#remaining === 0;
      return start + part;
    }
    if (this.framing === "until-close") {
      this.payloadBytes += end - start;
      return end;
    }
    return this.#chunked(buffer, start, end, sink);
  }

  #chunked(buffer: Buffer, start: number, end: number, sink: PayloadSink | undefined): number {
    let at = start;
    while (at < end) {
      if (this.#state === DATA) {
        const part = Math.min(this.#remaining, end - at);
        sink?.(buffer, at, at + part);
        this.#remaining -= part;
        this.payloadBytes += part;
        at += part;
        if (this.#remaining === 0) this.#state = DATA_CR;
        continue;
      }
      if (!this.#step(buffer[at]!)) {
        this.failed = true;
        return at;
      }
      at++;
      if (this.done) return at;
    }
    return at;
  }

  /** One byte of framing; false: malformed. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case SIZE: {
        const digit = hexDigit(byte);
        if (digit >= 0) {
          this.#remaining = this.#remaining * 16 + digit;
          return ++this.#digits <= SIZE_DIGITS_MAX;
        }
        if (this.#digits === 0) return false;
        this.#extra = 0;
        if (byte === CR) this.#state = SIZE_LF;
        else if (byte === 59) this.#state = EXTENSION;
        else return false;
        return true;
      }
      case EXTENSION:
        if (byte === CR) this.#state = SIZE_LF;
        else if (!isText(byte)) return false;
        return ++this.#extra <= EXTENSION_MAX;
      case SIZE_LF:
        this.#digits = 0;
        this.#extra = 0;
        this.#state = this.#remaining === 0 ? TRAILER_START : DATA;
        return byte === LF;
      case DATA_CR:
        this.#state = DATA_LF;
        return byte === CR;
      case DATA_LF:
        this.#state = SIZE;
        return byte === LF;
      case TRAILER_START:
        if (byte === CR) {
          this.#state = END_LF;
          return true;
        }
        this.#state = TRAILER_NAME;
        return isText(byte) && byte > 32 && byte !== 58;
      case TRAILER_NAME:
        if (byte === 58) this.#state = TRAILER_VALUE;
        else if (!isText(byte) || byte <= 32) return false;
        return ++this.#extra <= TRAILER_MAX;
      case TRAILER_VALUE:
        if (byte === CR) this.#state = TRAILER_LF;
        else if (!isText(byte)) return false;
        return ++this.#extra <= TRAILER_MAX;
      case TRAILER_LF:
        this.#state = TRAILER_START;
        return byte === LF;
      default: // END_LF
        this.done = true;
        return byte === LF;
    }
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** May stand in a line: visible, space, tab, over 127. */
function isText(byte: number): boolean {
  return (byte >= 32 && byte !== 127) || byte === 9;
}
