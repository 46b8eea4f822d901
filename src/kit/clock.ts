/** Time as a component may see it. Real ones are made in `src/main.ts` alone; `sim/` brings a virtual one. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number;
  /** Wall clock, nanoseconds since the epoch (the wire unit of Diego and Loggregator). */
  nowNs(): bigint;
  /** Monotonic, milliseconds from an arbitrary start; for durations. */
  steadyMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A signal that aborts after `ms`, or when `signal` does. For the time limit of one call. */
  deadline(ms: number, signal?: AbortSignal): AbortSignal;
}
