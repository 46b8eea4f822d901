import type { Clock } from "../../../kit/clock.ts";
import { goDuration } from "../go-duration.ts";
import type { LogSink } from "../log-streamer.ts";
import { cancelled, DetachedError, emittable, type Step } from "./step.ts";

/** The first startup checks follow each other quickly, so that a fast app gets its route at once. */
const FIRST_PAUSE_MS = 20;
const PAUSE_GROWTH = 1.25;

/** One look: null when all is well, else what is wrong. */
export type HealthProbe = (signal: AbortSignal) => Promise<string | null>;

export interface HealthCheckOptions {
  readonly probes: readonly HealthProbe[];
  /** 0: without limit. */
  readonly startTimeoutMs: number;
  readonly unhealthyIntervalMs: number;
  /** One per probe. */
  readonly livenessIntervalsMs: readonly number[];
  /** True after a restart of the platform: the container was healthy already. */
  readonly wasHealthy: boolean;
  /** False after a restart: the user has read it already. */
  readonly announces: boolean;
}

export interface HealthCheckDeps {
  readonly clock: Clock;
  /** The cell's own source. */
  readonly cellSink: LogSink;
  /** Source of the checks' texts. */
  readonly healthSink: LogSink;
  readonly detached: AbortSignal;
}

/**
 * Waits until all probes pass (ready), then watches until one fails. Texts: executor/depot/steps/health_check_step.go,
 * cloudfoundry/healthcheck, cmd/healthcheck/main.go
 */
export function healthCheckStep(options: HealthCheckOptions, deps: HealthCheckDeps): Step {
  return async (signal, ready) => {
    const watch = AbortSignal.any([signal, deps.detached]);
    try {
      if (!options.wasHealthy) {
        if (options.announces) deps.cellSink.stdout("Starting health monitoring of container\n");
        await untilHealthy(options, deps, watch);
        deps.cellSink.stdout("Container became healthy\n");
      }
      ready();
      const failure = await untilUnhealthy(options, deps, watch);
      deps.healthSink.stderr(`${failure}\n`);
      deps.cellSink.stderr("Container became unhealthy\n");
      throw emittable(`Instance became unhealthy: ${failure}`);
    } catch (error) {
      if (deps.detached.aborted) throw new DetachedError("platform goes away");
      if (signal.aborted) throw cancelled();
      throw error;
    }
  };
}

async function untilHealthy(options: HealthCheckOptions, deps: HealthCheckDeps, signal: AbortSignal): Promise<void> {
  const startMs = deps.clock.steadyMs();
  const failures = await Promise.all(
    options.probes.map((probe) =>
      untilPasses(probe, options.startTimeoutMs, options.unhealthyIntervalMs, deps.clock, signal),
    ),
  );
  const text = failures.filter((failure) => failure !== null).join("; ");
  if (text === "") return;
  const took = goDuration(deps.clock.steadyMs() - startMs);
  deps.healthSink.stderr(`${text}\n`);
  deps.cellSink.stderr(`Failed after ${took}: startup health check never passed.\n`);
  throw emittable(`Instance never healthy after ${took}: ${text}`);
}

/** Null once it passes; the last failure when the time is over. */
export async function untilPasses(
  probe: HealthProbe,
  timeoutMs: number,
  intervalMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | null> {
  const endMs = timeoutMs > 0 ? clock.steadyMs() + timeoutMs : Number.POSITIVE_INFINITY;
  let pauseMs = FIRST_PAUSE_MS;
  for (let attempt = 1; ; attempt++) {
    const failure = await probe(signal);
    signal.throwIfAborted();
    if (failure === null) return null;
    const leftMs = endMs - clock.steadyMs();
    if (leftMs > 0) await clock.sleep(Math.min(pauseMs, intervalMs, leftMs), signal);
    if (clock.steadyMs() >= endMs) {
      return `Timed out after ${goDuration(timeoutMs)} (${attempt} attempts) waiting for startup check to succeed: ${failure}`;
    }
    pauseMs *= PAUSE_GROWTH;
  }
}

async function untilUnhealthy(
  options: HealthCheckOptions,
  deps: HealthCheckDeps,
  signal: AbortSignal,
): Promise<string> {
  const over = new AbortController();
  const watch = AbortSignal.any([signal, over.signal]);
  const watches = options.probes.map((probe, index) =>
    untilFails(probe, options.livenessIntervalsMs[index]!, options.wasHealthy, deps.clock, watch),
  );
  try {
    return `Liveness check unsuccessful: ${await Promise.race(watches)}`;
  } finally {
    over.abort();
    await Promise.allSettled(watches);
  }
}

/** The failure that ended it. */
export async function untilFails(
  probe: HealthProbe,
  intervalMs: number,
  looksAtOnce: boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  if (looksAtOnce) {
    const failure = await probe(signal);
    signal.throwIfAborted();
    if (failure !== null) return failure;
  }
  for (;;) {
    await clock.sleep(intervalMs, signal);
    const failure = await probe(signal);
    signal.throwIfAborted();
    if (failure !== null) return failure;
  }
}
