import { monitorEventLoopDelay } from "node:perf_hooks";

/** How long a turn of the event loop took, and how many turns took as long. */
export type LoopTurns = readonly (readonly [durationMs: number, count: number])[];

/**
 * Watches how long this process lets events wait. Looks at the turns of the loop themselves: a timer that samples it, as
 * is usual, wakes an idle process 50 times a second, which alone costs 0.4 % of a CPU.
 */
export function watchEventLoop(): Disposable & { readP999Ms(): number } {
  const turns = monitorEventLoopDelay({ samplePerIteration: true });
  let sinceMs = 0;
  const reset = (): void => {
    turns.reset();
    sinceMs = performance.now();
  };
  turns.enable();
  reset();
  // The turn in which it was enabled counts its idle time too.
  setImmediate(() => setImmediate(reset));
  return {
    /** The wait that 99.9 % of events stay below, should they come at any time since the last reading. */
    readP999Ms: () => {
      const counted = turns.count === 0 ? [] : turnsOf(turns);
      const p999Ms = waitPercentile(counted, performance.now() - sinceMs, 0.999);
      reset();
      return p999Ms;
    },
    [Symbol.dispose]: () => void turns.disable(),
  };
}

/**
 * The wait that a share of events stays below, which come at random times in a period: one that comes in the middle of a
 * turn waits for its end. Turns may be given in any order; idle time between them is waited for by nobody.
 */
export function waitPercentile(turns: LoopTurns, periodMs: number, share: number): number {
  const allowedMs = periodMs * (1 - share);
  /** In how much of the period an event would wait longer than that. */
  const timeBeyond = (waitMs: number): number =>
    turns.reduce((sum, [durationMs, count]) => sum + Math.max(0, durationMs - waitMs) * count, 0);
  let low = 0;
  let high = turns.reduce((longest, [durationMs]) => Math.max(longest, durationMs), 0);
  if (timeBeyond(0) <= allowedMs) return 0;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (timeBeyond(middle) > allowedMs) low = middle;
    else high = middle;
  }
  return high;
}

/** From minutes down to microseconds. */
const BISECTIONS = 40;

/** The histogram tells percentiles: what lies between two of them is the number of turns of that length. */
function turnsOf(histogram: { readonly count: number; readonly percentiles: Map<number, number> }): LoopTurns {
  const turns: [number, number][] = [];
  let before = 0;
  for (const [percentile, nanoseconds] of [...histogram.percentiles].sort(([a], [b]) => a - b)) {
    turns.push([nanoseconds / 1e6, ((percentile - before) / 100) * histogram.count]);
    before = percentile;
  }
  return turns;
}
