import { setTimeout as timeout } from "node:timers/promises";
import type { Clock } from "./clock.ts";

/** The machine's own clocks. */
export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    // Wall time with the sub-millisecond part that the monotonic clock knows.
    nowNs: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
    steadyMs: () => performance.now(),
    sleep: async (ms, signal) => {
      try {
        await timeout(ms, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        throw signal?.aborted ? (signal.reason ?? error) : error;
      }
    },
    deadline: (ms, signal) => {
      const limit = AbortSignal.timeout(ms);
      return signal === undefined ? limit : AbortSignal.any([limit, signal]);
    },
  };
}
