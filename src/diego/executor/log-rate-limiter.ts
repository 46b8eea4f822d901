/** After an overrun nothing passes for this long. Diego: executor/depot/log_streamer/log_rate_limiter.go */
const SILENCE_MS = 1_000;

/**
 * Bytes per second of one instance, all its streams together: a bucket that holds one second's worth. Whoever runs over
 * is silenced for a second, with one notice.
 */
export class LogRateLimiter {
  /** Bytes per second; -1 without limit, 0 nothing may pass. */
  readonly limit: number;
  #tokens: number;
  #filledAtMs: number;
  #silentUntilMs = Number.NEGATIVE_INFINITY;
  #passed = 0;

  constructor(limit: number, nowMs: number) {
    this.limit = limit;
    this.#tokens = limit;
    this.#filledAtMs = nowMs;
  }

  /** `pass`, `drop`, or `notice`: drop it and tell the user why. `nowMs` is monotonic. */
  decide(bytes: number, nowMs: number): "pass" | "drop" | "notice" {
    if (this.limit === 0) return "drop";
    if (nowMs < this.#silentUntilMs) return "drop";
    if (this.limit > 0) {
      this.#tokens = Math.min(this.limit, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.limit);
      this.#filledAtMs = nowMs;
      if (bytes > this.#tokens) {
        this.#silentUntilMs = nowMs + SILENCE_MS;
        return "notice";
      }
      this.#tokens -= bytes;
    }
    this.#passed += bytes;
    return "pass";
  }

  get notice(): string {
    return `app instance exceeded log rate limit (${this.limit} bytes/sec)`;
  }

  /** Bytes that passed since the last call. */
  takePassed(): number {
    const passed = this.#passed;
    this.#passed = 0;
    return passed;
  }
}
