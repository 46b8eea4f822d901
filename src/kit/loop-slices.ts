/** How long work may follow work before the event loop has its turn. */
const SLICE_MS = 5;

/**
 * Lets the event loop in between pieces of work that wait for nothing but each other: promises alone never do. Whoever is about to begin a piece
 * waits here; all go on in the order in which they came.
 */
export class LoopSlices {
  #turn: Promise<void> = Promise.resolve();
  #endMs = 0;

  /** Resolves at once within a slice, else after a turn of the loop. Nothing is held: there is nothing to give back. */
  next(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#wait());
    return this.#turn;
  }

  #wait(): Promise<void> | undefined {
    if (performance.now() < this.#endMs) return undefined;
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#endMs = performance.now() + SLICE_MS;
    });
  }
}
