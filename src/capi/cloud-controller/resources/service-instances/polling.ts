import type { CcApi } from "../../api/api.ts";
import type { PollingLimits } from "../../config.ts";
import type { RunningJob } from "../../jobs.ts";
import type { ManagedInstance } from "./managed.ts";

export interface PollingState {
  /** When the operation was asked for. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Looks so far. */
  readonly looks: number;
  /** Retry-After of the broker's last answer. */
  readonly retryAfterMs: number | null;
  /** `maximum_polling_duration` of the plan. */
  readonly planMaximumMs: number | null;
}

/**
 * Milliseconds to the next look at a broker's work; null: it has taken too long. Unlike CC, which looks each minute from the start, the first
 * looks come soon, because most work is short; a longer Retry-After is honoured as there. CC: jobs/reoccurring_job.rb
 */
export function nextPollMs(state: PollingState, limits: PollingLimits): number | null {
  const own = Math.min(limits.firstMs * 2 ** Math.min(state.looks, 30), limits.intervalMs);
  const waitMs = Math.min(Math.max(own, state.retryAfterMs ?? 0), limits.intervalMaxMs);
  const longestMs = Math.min(state.planMaximumMs ?? limits.durationMaxMs, limits.durationMaxMs);
  return state.nowMs + waitMs > state.startedAtMs + longestMs ? null : waitMs;
}

/** The same for a job that looks after a broker's work on an instance or a binding of one. */
export function nextLookMs(
  api: CcApi,
  job: RunningJob,
  { plan }: Pick<ManagedInstance, "plan">,
  retryAfterMs: number | null,
): number | null {
  const seconds = plan.maximum_polling_duration;
  return nextPollMs(
    {
      startedAtMs: job.createdAtMs,
      nowMs: api.nowMs(),
      looks: job.runs,
      retryAfterMs,
      planMaximumMs: seconds === null ? null : seconds * 1_000,
    },
    api.config.limits.brokerPolling,
  );
}
