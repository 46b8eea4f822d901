import { closeSync, constants, openSync, statSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere } from "./process-folder.ts";

/** Bytes handed over at once. */
const CHUNK_BYTES = 65_536;

/**
 * Reads one output file of a process from where the last reader stopped, this platform or one before it. The offset is
 * written after each chunk was taken; it need not be synced, since no container outlives the machine.
 */
export class OutputReader {
  readonly #path: string;
  readonly #take: (chunk: Uint8Array) => void | Promise<void>;
  #offset: number;
  #droppedTold: number;

  constructor(folder: string, name: "stdout" | "stderr", take: (chunk: Uint8Array) => void | Promise<void>) {
    this.#path = join(folder, name);
    this.#take = take;
    const [offset, dropped] = (readIfThere(`${this.#path}.read`) ?? "").trim().split(/\s+/);
    this.#offset = Number(offset ?? 0);
    this.#droppedTold = Number(dropped ?? 0);
  }

  /** Hands over everything that is there now; true when there was something. */
  async drain(signal: AbortSignal): Promise<boolean> {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= this.#offset && this.#dropped().bytes <= this.#droppedTold) return false;
    const file = await open(this.#path, "r");
    try {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(size - this.#offset, 1)));
      for (;;) {
        signal.throwIfAborted();
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
        // Asked after reading: what was dropped is said first and punched out then, so bytes above the floor are real.
        const dropped = this.#dropped();
        if (dropped.bytes > this.#droppedTold) {
          const lost = dropped.bytes - this.#droppedTold;
          this.#droppedTold = dropped.bytes;
          this.#offset = Math.max(this.#offset, dropped.floor);
          await this.#take(Buffer.from(`[${lost} bytes of output were dropped: nobody took them in time]\n`));
          this.#remember();
          continue;
        }
        if (bytesRead === 0) return true;
        // A copy: the taker may keep the chunk for as long as it likes.
        await this.#take(Uint8Array.prototype.slice.call(buffer, 0, bytesRead));
        this.#offset += bytesRead;
        this.#remember();
      }
    } finally {
      await file.close();
    }
  }

  #dropped(): { readonly floor: number; readonly bytes: number } {
    const [floor, bytes] = (readIfThere(`${this.#path}.dropped`) ?? "0 0").split(" ").map(Number);
    return { floor: floor ?? 0, bytes: bytes ?? 0 };
  }

  #remember(): void {
    const target = openSync(`${this.#path}.read`, constants.O_WRONLY | constants.O_CREAT, 0o600);
    try {
      // One write of one length: a reader sees the old numbers or the new ones.
      writeSync(target, `${String(this.#offset).padStart(16)} ${String(this.#droppedTold).padStart(16)}\n`, 0);
    } finally {
      closeSync(target);
    }
  }
}
