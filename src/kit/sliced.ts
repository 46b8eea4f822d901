import type { Clock } from "./clock.ts";

/** How long one slice may hold the event loop (the whole-process limit is 20 ms at p99.9). */
const SLICE_MS = 8;

/**
 * Drives a decision written as a generator in slices: after 8 ms it lets the event loop go on. `pause` is how to let
 * go (`setImmediate` outside the simulator). Gives the generator's return value.
 */
export async function runSliced<R>(work: Generator<unknown, R>, clock: Clock, pause: () => Promise<void>): Promise<R> {
  let sliceEndMs = clock.steadyMs() + SLICE_MS;
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (clock.steadyMs() >= sliceEndMs) {
      await pause();
      sliceEndMs = clock.steadyMs() + SLICE_MS;
    }
  }
}
