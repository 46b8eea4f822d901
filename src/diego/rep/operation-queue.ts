/**
 * Operations on one container run one after the other, those on different ones side by side. While one waits, a second
 * of the same kind would see the same state: it is left out, so the queue holds two entries per container at most.
 * Diego: operationq
 */
export class OperationQueue {
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, () => Promise<void>>();

  push(guid: string, work: () => Promise<void>): void {
    if (this.#running.has(guid)) {
      this.#waiting.set(guid, work);
      return;
    }
    this.#start(guid, work);
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  #start(guid: string, work: () => Promise<void>): void {
    const run = async (): Promise<void> => {
      try {
        await work();
      } finally {
        this.#running.delete(guid);
        const next = this.#waiting.get(guid);
        this.#waiting.delete(guid);
        if (next !== undefined) this.#start(guid, next);
      }
    };
    this.#running.set(
      guid,
      run().catch(() => undefined), // `work` reports its own failures
    );
  }
}
