/** Lets so many lines through in each window of time and counts the others, so that a terminal stays readable. */
export class LinePacer {
  readonly #perWindow: number;
  readonly #windowMs: number;
  #windowEndsMs = Number.NEGATIVE_INFINITY;
  #let = 0;
  #heldBack = 0;

  constructor(perWindow: number, windowMs: number) {
    this.#perWindow = perWindow;
    this.#windowMs = windowMs;
  }

  /** How many lines have been held back and not been told yet. */
  get heldBack(): number {
    return this.#heldBack;
  }

  /** Whether a line that comes now may be shown. */
  admits(nowMs: number): boolean {
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + this.#windowMs;
      this.#let = 0;
    }
    if (this.#let < this.#perWindow) {
      this.#let++;
      return true;
    }
    this.#heldBack++;
    return false;
  }

  /** The number of lines held back since the last call. */
  takeHeldBack(): number {
    const count = this.#heldBack;
    this.#heldBack = 0;
    return count;
  }
}
