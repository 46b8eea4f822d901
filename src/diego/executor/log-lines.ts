/** Longest message of a log envelope in bytes. Diego: executor/depot/log_streamer, MAX_MESSAGE_SIZE */
export const LOG_MESSAGE_MAX = 61_440;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Cuts a byte stream into log messages: at line feeds and carriage returns, and at 60 KiB between two characters.
 * Empty lines are no messages. What it emits is a copy: chunks may be reused by their owner.
 */
export class LogLines {
  readonly #emit: (line: Uint8Array) => void;
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(emit: (line: Uint8Array) => void) {
    this.#emit = emit;
  }

  write(chunk: Uint8Array): void {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte !== NEWLINE && byte !== RETURN) continue;
      this.#append(chunk.subarray(start, at));
      this.flush();
      start = at + 1;
    }
    if (start < chunk.length) this.#append(chunk.subarray(start));
  }

  /** Emits what has come of the unfinished line. */
  flush(): void {
    if (this.#size === 0) return;
    const [only] = this.#parts;
    const line = this.#parts.length === 1 ? only! : concat(this.#parts, this.#size);
    this.#parts = [];
    this.#size = 0;
    this.#emit(line);
  }

  #append(piece: Uint8Array): void {
    let rest = piece;
    while (this.#size + rest.length >= LOG_MESSAGE_MAX) {
      const room = LOG_MESSAGE_MAX - this.#size;
      const whole = concat([...this.#parts, rest.subarray(0, room)], LOG_MESSAGE_MAX);
      const cut = characterBoundary(whole);
      this.#parts = [];
      this.#size = 0;
      this.#emit(whole.slice(0, cut));
      // The begun character goes to the next message, wherever its first bytes came from.
      const begun = whole.slice(cut);
      rest = rest.subarray(room);
      if (begun.length > 0) {
        this.#parts.push(begun);
        this.#size = begun.length;
      }
    }
    if (rest.length === 0) return;
    this.#parts.push(rest.slice());
    this.#size += rest.length;
  }
}

/** Where the last character that is whole ends; the full length when the end is no UTF-8 at all. */
function characterBoundary(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function concat(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
