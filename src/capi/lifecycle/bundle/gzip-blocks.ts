import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { gzip } from "node:zlib";

const BLOCK_BYTES = 1_048_576;

/**
 * Compresses a stream to a file as a row of gzip members, one per block of 1 MiB, several at once on libuv's threads.
 * A row of members is a valid gzip file (RFC 1952, section 2.2), for GNU gzip, Go and Node alike. That also allows to
 * append bytes that were compressed earlier: the Node binary of a droplet, 150 MB, would else cost 2 s in each push.
 */
export class GzipBlocks {
  readonly #fd: number;
  #level: number;
  readonly #parallel: number;
  readonly #compressing: Promise<Buffer>[] = [];
  #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #used = 0;

  /** Creates or replaces `path`. `level` as in gzip -1 … -9; `parallel` blocks are compressed at the same time. */
  constructor(path: string, options: { readonly level: number; readonly parallel: number }) {
    this.#fd = openSync(path, "w", 0o644);
    this.#level = options.level;
    this.#parallel = options.parallel;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.#used);
      this.#block.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
      if (this.#used === BLOCK_BYTES) await this.#flushBlock();
    }
  }

  /** Compresses from here on with another level; 0 stores, for what is compressed already. */
  async setLevel(level: number): Promise<void> {
    if (level === this.#level) return;
    await this.#flushBlock();
    this.#level = level;
  }

  /** Exactly `size` bytes from the file, padded with zeros when it has become shorter since it was looked at. */
  async writeFrom(fd: number, size: number): Promise<void> {
    let left = size;
    let ended = false;
    while (left > 0) {
      const room = Math.min(left, BLOCK_BYTES - this.#used);
      const got = ended ? 0 : readSync(fd, this.#block, this.#used, room, null);
      if (got === 0) {
        ended = true;
        this.#block.fill(0, this.#used, this.#used + room);
      }
      const taken = ended ? room : got;
      this.#used += taken;
      left -= taken;
      if (this.#used === BLOCK_BYTES) await this.#flushBlock();
    }
  }

  /** Appends a file that already is a complete gzip stream. */
  async appendCompressed(path: string): Promise<void> {
    await this.#flushAll();
    const from = openSync(path, "r");
    try {
      for (;;) {
        const got = readSync(from, this.#block, 0, BLOCK_BYTES, null);
        if (got === 0) return;
        writeFully(this.#fd, this.#block.subarray(0, got));
      }
    } finally {
      closeSync(from);
    }
  }

  async end(): Promise<void> {
    try {
      await this.#flushAll();
    } finally {
      closeSync(this.#fd);
    }
  }

  async #flushBlock(): Promise<void> {
    if (this.#used === 0) return;
    const block = this.#block.subarray(0, this.#used);
    const result = new Promise<Buffer>((resolve, reject) =>
      gzip(block, { level: this.#level }, (error, bytes) => (error === null ? resolve(bytes) : reject(error))),
    );
    result.catch(() => undefined); // reported where it is awaited, in order
    this.#compressing.push(result);
    this.#block = Buffer.allocUnsafe(BLOCK_BYTES);
    this.#used = 0;
    if (this.#compressing.length > this.#parallel) writeFully(this.#fd, await this.#compressing.shift()!);
  }

  async #flushAll(): Promise<void> {
    await this.#flushBlock();
    for (const block of this.#compressing.splice(0)) writeFully(this.#fd, await block);
  }
}

function writeFully(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
