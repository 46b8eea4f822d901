import type { Random } from "../../kit/random.ts";
import type { Check } from "../../protocol/action.ts";
import { type ProbeDeps, probe } from "./check-probe.ts";
import { messageOf } from "./errors.ts";
import { CapturedOutput, type LogSink } from "./log-streamer.ts";
import type { Container, RunInfo } from "./model.ts";
import { type ActionStepDeps, actionStep, firstTime } from "./steps/action-step.ts";
import { codependent, serial } from "./steps/group-steps.ts";
import { type HealthProbe, healthCheckStep } from "./steps/health-check-step.ts";
import { readinessStep } from "./steps/readiness-step.ts";
import type { Step } from "./steps/step.ts";

const HEALTH_SOURCE = "HEALTH";

export interface ContainerStepsDeps extends ActionStepDeps, Omit<ProbeDeps, "internalIp"> {
  readonly random: Random;
  readonly healthyIntervalMs: number;
  readonly unhealthyIntervalMs: number;
  readonly readinessChanged: (ready: boolean) => void;
  /** The instance's certificate is there. Setup does not wait for it, everything else does. */
  readonly credentialsReady: Promise<void>;
}

/** Whether somebody checks that the container is ready; if not it is routable as soon as it runs. */
export function hasReadinessChecks(run: RunInfo): boolean {
  return (run.checkDefinition?.readinessChecks.length ?? 0) > 0;
}

/**
 * All that a container does: setup, then action, sidecars and monitors side by side. Ready when the action runs and the
 * startup checks have passed. Diego: executor/depot/transformer/transformer.go, StepsRunner
 */
export function containerStep(container: Container, run: RunInfo, sink: LogSink, deps: ContainerStepsDeps): Step {
  const plain = { hidesExitStatus: false };
  const sideBySide = [actionStep(run.action, "action", sink, plain, deps)];
  for (const [index, sidecar] of run.sidecars.entries()) {
    sideBySide.push(actionStep(sidecar.action, `sidecar-${index}`, sink, plain, deps));
  }
  const monitor = monitorStep(container, run, sink, deps);
  if (monitor !== null) sideBySide.push(monitor);
  if (hasReadinessChecks(run)) sideBySide.push(readiness(container, run, sink, deps));

  const together =
    sideBySide.length === 1
      ? sideBySide[0]!
      : codependent(sideBySide, { errorOnExit: false, cancelOthersOnExit: run.sidecars.length > 0 });
  const longLived: Step = async (signal, ready) => {
    await deps.credentialsReady;
    await together(signal, ready);
  };
  if (run.setup === null) return longLived;
  return serial([actionStep(run.setup, "setup", sink, plain, deps), longLived]);
}

function monitorStep(container: Container, run: RunInfo, sink: LogSink, deps: ContainerStepsDeps): Step | null {
  const checks = run.checkDefinition?.checks ?? [];
  let probes: readonly HealthProbe[];
  let healthSink = sink;
  if (run.checkDefinition !== null) {
    if (checks.length === 0) return null;
    probes = checks.map((check) => checkProbe(check, container, deps));
    healthSink = sink.withSource(run.checkDefinition.logSource || HEALTH_SOURCE);
  } else if (run.monitor !== null) {
    probes = [actionProbe(run.monitor, sink, deps)];
  } else return null;
  return healthCheckStep(
    {
      probes,
      startTimeoutMs: run.startTimeoutMs,
      unhealthyIntervalMs: deps.unhealthyIntervalMs,
      livenessIntervalsMs: probes.map((_, index) => checks[index]?.intervalMs || deps.healthyIntervalMs),
      wasHealthy: container.state === "running",
      announces: firstTime("health:announced", deps.progress),
    },
    { clock: deps.clock, cellSink: sink, healthSink, detached: deps.detached },
  );
}

function readiness(container: Container, run: RunInfo, sink: LogSink, deps: ContainerStepsDeps): Step {
  const checks = run.checkDefinition!.readinessChecks;
  return readinessStep(
    {
      probes: checks.map((check) => checkProbe(check, container, deps)),
      unhealthyIntervalMs: deps.unhealthyIntervalMs,
      intervalsMs: checks.map((check) => check.intervalMs || deps.healthyIntervalMs),
      wasReady: container.state === "running" && container.routable,
      announces: firstTime("readiness:announced", deps.progress),
    },
    {
      clock: deps.clock,
      sink: sink.withSource(run.checkDefinition!.logSource || HEALTH_SOURCE),
      detached: deps.detached,
      readyChanged: deps.readinessChanged,
    },
  );
}

function checkProbe(check: Check, container: Container, deps: ContainerStepsDeps): HealthProbe {
  const probeDeps = { ...deps, internalIp: container.internalIp };
  return (signal) => probe(check, probeDeps, signal);
}

/** A monitor action of the old kind: what it prints is the failure. */
function actionProbe(action: NonNullable<RunInfo["monitor"]>, sink: LogSink, deps: ContainerStepsDeps): HealthProbe {
  const forgetful = { isDone: () => false, markDone: () => undefined };
  return async (signal) => {
    const output = new CapturedOutput(sink.sourceName);
    const id = `monitor-${deps.random.guid()}`;
    const step = actionStep(
      action,
      id,
      output,
      { hidesExitStatus: true },
      { ...deps, resumes: false, progress: forgetful },
    );
    try {
      await step(signal, () => undefined);
      return null;
    } catch (error) {
      return output.text || `Failed to invoke process: ${messageOf(error)}`;
    }
  };
}
