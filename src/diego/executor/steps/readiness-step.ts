import type { Clock } from "../../../kit/clock.ts";
import type { LogSink } from "../log-streamer.ts";
import { type HealthProbe, untilFails, untilPasses } from "./health-check-step.ts";
import { cancelled, DetachedError, type Step } from "./step.ts";

export interface ReadinessDeps {
  readonly clock: Clock;
  readonly sink: LogSink;
  readonly detached: AbortSignal;
  readonly readyChanged: (ready: boolean) => void;
}

export interface ReadinessOptions {
  readonly probes: readonly HealthProbe[];
  readonly unhealthyIntervalMs: number;
  readonly intervalsMs: readonly number[];
  /** True after a restart of the platform: it was in the route pool already. */
  readonly wasReady: boolean;
  readonly announces: boolean;
}

/** Tells for ever whether the container may take requests; fails never. Diego: readiness_health_check_step.go */
export function readinessStep(options: ReadinessOptions, deps: ReadinessDeps): Step {
  return async (signal, ready) => {
    const watch = AbortSignal.any([signal, deps.detached]);
    if (options.announces) deps.sink.stdout("Starting readiness health monitoring of container\n");
    ready();
    let isReady = options.wasReady;
    try {
      for (;;) {
        if (!isReady) {
          await Promise.all(
            options.probes.map((probe) => untilPasses(probe, 0, options.unhealthyIntervalMs, deps.clock, watch)),
          );
          deps.readyChanged(true);
          deps.sink.stdout(
            "Container passed the readiness health check. Container marked ready and added to route pool.\n",
          );
        }
        await untilOneFails(options, deps, watch);
        isReady = false;
        deps.readyChanged(false);
        deps.sink.stdout(
          "Container failed the readiness health check. Container marked not ready and removed from route pool.\n",
        );
      }
    } catch (error) {
      if (deps.detached.aborted) throw new DetachedError("platform goes away");
      if (signal.aborted) throw cancelled();
      throw error;
    }
  };
}

async function untilOneFails(options: ReadinessOptions, deps: ReadinessDeps, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const watch = AbortSignal.any([signal, over.signal]);
  const watches = options.probes.map((probe, index) =>
    untilFails(probe, options.intervalsMs[index]!, false, deps.clock, watch),
  );
  try {
    await Promise.race(watches);
  } finally {
    over.abort();
    await Promise.allSettled(watches);
  }
}
