/** First in, first out with a hard limit: `offer` says no when full, so that no caller can forget the policy. */
export class BoundedQueue<T> {
  readonly limit: number;
  #items: (T | undefined)[] = [];
  #head = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** False when the queue is full; nothing is added then. */
  offer(item: T): boolean {
    if (this.length >= this.limit) return false;
    this.#items.push(item);
    return true;
  }

  /** Oldest item, or undefined when empty. */
  poll(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head++;
    // Compact now and then so that memory follows the length, not the traffic.
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
