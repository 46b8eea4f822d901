const END = Buffer.from("\r\n\r\n");
const LF = 10;
const CR = 13;

/**
 * Finds the end of a head in a byte stream. The usual case, a head within one chunk, copies nothing; otherwise the pieces
 * are kept in a buffer that grows by doubling, so that a client that sends byte by byte costs no more than others.
 */
export class HeadCollector {
  /** Where the last complete head lies. */
  buffer: Buffer = END;
  headStart = 0;
  headEnd = 0;
  /** End of the bytes in `buffer`; from `headEnd` on they follow the head. */
  end = 0;
  #kept: Buffer | null = null;
  #keptBytes = 0;

  /** Bytes of an unfinished head. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /**
   * `complete`: the head is `buffer[headStart, headEnd)`. `partial`: more is needed. `too-large`: over `sizeMax`.
   * `malformed`: a line that ends without CR, which would never become a head here.
   */
  push(chunk: Buffer, start: number, end: number, sizeMax: number): "complete" | "partial" | "too-large" | "malformed" {
    if (this.#kept === null) {
      const at = indexOfEnd(chunk, start, end);
      if (at >= 0) return this.#found(chunk, start, at + 4, end, sizeMax);
      if (end - start > sizeMax) return "too-large";
      if (hasBareLf(chunk, start, end, start)) return "malformed";
      this.#kept = Buffer.allocUnsafe(Math.max(1024, (end - start) * 2));
      this.#keptBytes = chunk.copy(this.#kept, 0, start, end);
      return "partial";
    }
    this.#append(chunk, start, end);
    const searched = this.#keptBytes - (end - start);
    const kept = this.#kept;
    const at = indexOfEnd(kept, Math.max(0, searched - 3), this.#keptBytes);
    if (at >= 0) {
      const total = this.#keptBytes;
      this.drop();
      return this.#found(kept, 0, at + 4, total, sizeMax);
    }
    if (this.#keptBytes > sizeMax) return "too-large";
    return hasBareLf(kept, searched, this.#keptBytes, 0) ? "malformed" : "partial";
  }

  drop(): void {
    this.#kept = null;
    this.#keptBytes = 0;
  }

  #found(buffer: Buffer, start: number, headEnd: number, end: number, sizeMax: number): "complete" | "too-large" {
    this.buffer = buffer;
    this.headStart = start;
    this.headEnd = headEnd;
    this.end = end;
    return headEnd - start > sizeMax ? "too-large" : "complete";
  }

  #append(chunk: Buffer, start: number, end: number): void {
    const needed = this.#keptBytes + end - start;
    if (needed > this.#kept!.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#kept!.length * 2));
      this.#kept!.copy(larger, 0, 0, this.#keptBytes);
      this.#kept = larger;
    }
    chunk.copy(this.#kept!, this.#keptBytes, start, end);
    this.#keptBytes = needed;
  }
}

function indexOfEnd(buffer: Buffer, start: number, end: number): number {
  const at = buffer.indexOf(END, start);
  return at >= 0 && at + 4 <= end ? at : -1;
}

function hasBareLf(buffer: Buffer, start: number, end: number, first: number): boolean {
  for (let at = buffer.indexOf(LF, start); at >= 0 && at < end; at = buffer.indexOf(LF, at + 1)) {
    if (at === first || buffer[at - 1] !== CR) return true;
  }
  return false;
}
