import { BoundedQueue } from "./bounded-queue.ts";

/** The reader did not keep up and was cut off; it must read the whole state again. */
export class SlowConsumerError extends Error {
  readonly behind: number;
  constructor(behind: number) {
    super(`slow consumer: ${behind} events behind`);
    this.behind = behind;
  }
}

interface Reader<T> {
  readonly queue: BoundedQueue<T>;
  wake: (() => void) | null;
  failure: Error | null;
  ended: boolean;
}

/** Fans events out to readers, each with its own bounded queue. A reader that falls behind is cut off. */
export class EventHub<T> {
  readonly #behindMax: number;
  readonly #readers = new Set<Reader<T>>();

  /** @param behindMax events a reader may lag (Diego: events/hub.go, 1,024). */
  constructor(behindMax = 1024) {
    this.#behindMax = behindMax;
  }

  get readerCount(): number {
    return this.#readers.size;
  }

  publish(event: T): void {
    for (const reader of this.#readers) {
      if (!reader.queue.offer(event)) {
        reader.failure = new SlowConsumerError(this.#behindMax);
        this.#readers.delete(reader);
      }
      reader.wake?.();
    }
  }

  /**
   * All events published after this call (registration is immediate, not at the first `next`). Ends when the signal
   * aborts or the hub closes; throws `SlowConsumerError` after the queued events when cut off.
   */
  subscribe(signal: AbortSignal): AsyncIterableIterator<T> {
    const reader: Reader<T> = {
      queue: new BoundedQueue<T>(this.#behindMax),
      wake: null,
      failure: null,
      ended: signal.aborted,
    };
    if (!signal.aborted) this.#readers.add(reader);
    const end = (): void => {
      reader.ended = true;
      this.#readers.delete(reader);
      reader.wake?.();
    };
    signal.addEventListener("abort", end, { once: true });
    const readers = this.#readers;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next(): Promise<IteratorResult<T>> {
        while (!signal.aborted) {
          const item = reader.queue.poll();
          if (item !== undefined) return { done: false, value: item };
          if (reader.failure !== null) throw reader.failure;
          if (reader.ended) break;
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
          reader.wake = null;
        }
        return { done: true, value: undefined };
      },
      async return(): Promise<IteratorResult<T>> {
        signal.removeEventListener("abort", end);
        readers.delete(reader);
        reader.ended = true;
        reader.wake?.();
        return { done: true, value: undefined };
      },
    };
  }

  /** Ends every reader after what is queued for it. */
  close(): void {
    for (const reader of this.#readers) {
      reader.ended = true;
      reader.wake?.();
    }
    this.#readers.clear();
  }
}
