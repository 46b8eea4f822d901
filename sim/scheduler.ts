import { createHash } from "node:crypto";

const settle = globalThis.setImmediate; // the real one, before the globals are closed

interface Event {
  readonly atMs: number;
  readonly order: number;
  /** Null when cancelled. */
  fire: (() => void) | null;
}

/**
 * Virtual time. One event fires, then the process settles (every promise that can go on does), then the next one fires:
 * so the whole run is a function of the seed. What happens is noted; the hash of the notes is the run's fingerprint.
 */
export class Scheduler {
  #heap: Event[] = [];
  #order = 0;
  #nowMs = 0;
  #fired = 0;
  readonly #trace = createHash("sha256");
  readonly #listener: ((line: string) => void) | null;

  /** @param listener gets every note, for somebody who looks into one seed */
  constructor(listener: ((line: string) => void) | null = null) {
    this.#listener = listener;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get fired(): number {
    return this.#fired;
  }

  note(text: string): void {
    const line = `${this.#nowMs} ${text}`;
    this.#trace.update(line).update("\n");
    this.#listener?.(line);
  }

  /** Closes the trace. */
  traceHash(): string {
    return this.#trace.digest("hex").slice(0, 16);
  }

  /** Gives a function that cancels. */
  after(ms: number, fire: () => void): () => void {
    const event: Event = { atMs: this.#nowMs + Math.max(0, Math.ceil(ms)), order: this.#order++, fire };
    this.#push(event);
    return () => {
      event.fire = null;
    };
  }

  /** Fires everything due in the next `ms`. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await new Promise<void>((resolve) => settle(resolve));
    for (;;) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > endMs) break;
      this.#pop();
      if (event.fire === null) continue;
      this.#nowMs = event.atMs;
      this.#fired++;
      event.fire();
      await new Promise<void>((resolve) => settle(resolve));
    }
    this.#nowMs = endMs;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
