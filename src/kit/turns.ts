/** One after the other, in the order in which they came. */
export class Turns {
  readonly #waitMaxMs: number;
  #last: Promise<void> = Promise.resolve();
  #open = 0;

  constructor(waitMaxMs: number) {
    this.#waitMaxMs = waitMaxMs;
  }

  /** Waits for the turn and gives what ends it; null when it did not come in time. */
  async take(): Promise<(() => void) | null> {
    const before = this.#last;
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    this.#last = before.then(() => over);
    const isFree = this.#open++ === 0;
    const leave = (): void => {
      this.#open--;
      end();
    };
    if (isFree || (await cameWithin(before, this.#waitMaxMs))) return leave;
    leave();
    return null;
  }
}

function cameWithin(event: Promise<void>, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), limitMs);
    void event.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
