import type { Clock } from "../src/kit/clock.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Wall clock at the start of each run: some day in 2026. */
const EPOCH_MS = 1_790_000_000_000;

/** One process on one machine. Killed, nothing in it goes on: its sleeps, answers and writes never settle. */
export class SimProcess {
  readonly name: string;
  /** The machine it is on. */
  readonly node: string;
  readonly clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  #alive = true;
  readonly #atDeath = new Set<() => void>();

  constructor(name: string, node: string, scheduler: Scheduler, random: SeededRandom) {
    this.#random = random;
    this.name = name;
    this.node = node;
    this.#scheduler = scheduler;
    this.clock = this.#makeClock();
  }

  get alive(): boolean {
    return this.#alive;
  }

  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#scheduler.note(`kill ${this.name}`);
    for (const end of this.#atDeath) end();
    this.#atDeath.clear();
  }

  /** Gives a function that takes it back. */
  atDeath(end: () => void): () => void {
    this.#atDeath.add(end);
    return () => this.#atDeath.delete(end);
  }

  /** Calls `fire` after `ms` unless the process is dead by then. */
  after(ms: number, fire: () => void): () => void {
    return this.#scheduler.after(ms, () => {
      if (this.#alive) fire();
    });
  }

  #makeClock(): Clock {
    const scheduler = this.#scheduler;
    let steadyMs = 0;
    return {
      nowMs: () => EPOCH_MS + scheduler.nowMs,
      nowNs: () => BigInt(EPOCH_MS + scheduler.nowMs) * 1_000_000n,
      // Work takes time: whoever looks at this clock in a loop sees it move, so that sliced work does get interrupted.
      steadyMs: () => {
        steadyMs = Math.max(steadyMs, scheduler.nowMs + this.#random.below(10));
        return steadyMs;
      },
      sleep: (ms, signal) =>
        new Promise<void>((resolve, reject) => {
          if (signal?.aborted) {
            reject(signal.reason);
            return;
          }
          const aborted = (): void => {
            cancel();
            if (this.#alive) reject(signal?.reason);
          };
          const cancel = this.after(ms, () => {
            signal?.removeEventListener("abort", aborted);
            resolve();
          });
          signal?.addEventListener("abort", aborted, { once: true });
        }),
      deadline: (ms, signal) => {
        const limit = new AbortController();
        this.after(ms, () => limit.abort(new Error(`no answer within ${ms} ms`)));
        return signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
      },
    };
  }
}
