/**
 * Runs jobs that nobody waits for, at most `concurrency` at once. Beyond `waitingMax` a job is refused: convergence
 * finds and repairs what did not happen.
 */
export class WorkPool {
  readonly #concurrency: number;
  readonly #waitingMax: number;
  readonly #failed: (error: unknown) => void;
  #waiting: (() => Promise<void>)[] = [];
  #running = 0;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(concurrency: number, waitingMax: number, failed: (error: unknown) => void) {
    this.#concurrency = concurrency;
    this.#waitingMax = waitingMax;
    this.#failed = failed;
  }

  /** False when the pool is full or closed: the job will not run. */
  offer(job: () => Promise<void>): boolean {
    if (this.#closed || this.#waiting.length >= this.#waitingMax) return false;
    this.#waiting.push(job);
    this.#next();
    return true;
  }

  #next(): void {
    while (this.#running < this.#concurrency && this.#waiting.length > 0) {
      const job = this.#waiting.shift()!;
      this.#running++;
      job()
        .catch(this.#failed)
        .finally(() => {
          this.#running--;
          this.#next();
          if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
        });
    }
  }

  /** Forgets what waits; resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting = [];
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}
