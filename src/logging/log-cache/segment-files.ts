import { appendFile, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Envelope, LogEnvelope } from "../../protocol/envelope.ts";
import { decodeSegment, SegmentEncoder } from "./segment-codec.ts";

/** How long lines gather before they are written: what a kill may cost. */
const WRITE_INTERVAL_MS = 250;
/** Lines that may wait for the disk; what comes then is in memory only. */
const WAITING_MAX = 50_000;
/** Read back in one go; then other work of the process gets its turn. */
const SLICE = 500;

export interface SegmentFilesDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The log lines of the last while on disk, so that `cf logs --recent` knows them after a restart. Appended to without
 * syncing: a killed process loses a quarter of a second of them, a lost machine a little more. Metrics are not kept: they
 * come again.
 */
export class SegmentFiles {
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #segmentsMax: number;
  readonly #deps: SegmentFilesDeps;
  #encoder = new SegmentEncoder();
  #number = 0;
  #size = 0;
  #waiting: LogEnvelope[] = [];
  #wake: (() => void) | null = null;

  /** @param bytesMax on disk, in four segments of which the oldest goes as a whole. */
  constructor(folder: string, bytesMax: number, deps: SegmentFilesDeps) {
    this.#folder = folder;
    this.#segmentsMax = 4;
    this.#segmentBytes = bytesMax / this.#segmentsMax;
    this.#deps = deps;
  }

  /** Hands over what earlier processes wrote, oldest first, and makes ready to write behind it. */
  async load(take: (envelopes: readonly Envelope[]) => void): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const numbers = await this.#numbers();
    this.#number = (numbers.at(-1) ?? 0) + 1; // labels are per segment and writer: never go on with another's
    for (const number of numbers) {
      let slice: LogEnvelope[] = [];
      for (const envelope of decodeSegment(await readFile(this.#path(number)))) {
        slice.push(envelope);
        if (slice.length < SLICE) continue;
        take(slice);
        slice = [];
        await new Promise((resolve) => setImmediate(resolve));
      }
      take(slice);
    }
  }

  add(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      if (envelope.kind === "log" && this.#waiting.length < WAITING_MAX) this.#waiting.push(envelope);
    }
    if (this.#waiting.length > 0) this.#wake?.();
  }

  /** Writes a quarter of a second after the first line that waits, until aborted; then what is left. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#firstLine(signal);
      await this.#deps.clock.sleep(WRITE_INTERVAL_MS, signal).catch(() => undefined);
      try {
        await this.flush();
      } catch (error) {
        this.#deps.log.warn("log lines not written", { error });
      }
      if (signal.aborted) return;
    }
  }

  /** Resolves when a line waits, or when aborted: without lines nothing wakes this process. */
  async #firstLine(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length > 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    signal.addEventListener("abort", this.#wake);
    await promise;
    signal.removeEventListener("abort", this.#wake);
    this.#wake = null;
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const bytes = this.#encoder.encode(this.#waiting.splice(0));
    await appendFile(this.#path(this.#number), bytes, { mode: 0o600 });
    this.#size += bytes.length;
    if (this.#size < this.#segmentBytes) return;
    this.#number++;
    this.#size = 0;
    this.#encoder = new SegmentEncoder();
    await this.#forget();
  }

  /** Old segments go until what is left, and one more to write, fits. */
  async #forget(): Promise<void> {
    const numbers = await this.#numbers();
    let left = 0;
    for (const number of numbers.reverse()) {
      left += (await stat(this.#path(number))).size;
      if (left > this.#segmentBytes * (this.#segmentsMax - 1)) await rm(this.#path(number), { force: true });
    }
  }

  async #numbers(): Promise<number[]> {
    const numbers: number[] = [];
    for (const name of await readdir(this.#folder)) {
      const number = /^(\d+)\.segment$/.exec(name)?.[1];
      if (number !== undefined) numbers.push(Number(number));
    }
    return numbers.sort((a, b) => a - b);
  }

  #path(number: number): string {
    return join(this.#folder, `${number}.segment`);
  }
}
