import type { Action } from "../../../protocol/action.ts";
import type { LogSink } from "../log-streamer.ts";
import { type DownloadStepDeps, downloadStep } from "./download-step.ts";
import { codependent, parallel, serial } from "./group-steps.ts";
import { type RunStepDeps, runStep } from "./run-step.ts";
import type { Step } from "./step.ts";
import { type UploadStepDeps, uploadStep } from "./upload-step.ts";
import { withProgress, withTimeout, withTry } from "./wrapper-steps.ts";

/** What is done and shall not be done again after a restart of the platform. */
export interface StepProgress {
  isDone(stepId: string): boolean;
  markDone(stepId: string): void;
}

export interface ActionStepDeps extends Omit<RunStepDeps & DownloadStepDeps & UploadStepDeps, "limiter"> {
  readonly downloadLimiter: DownloadStepDeps["limiter"];
  readonly uploadLimiter: UploadStepDeps["limiter"];
  readonly progress: StepProgress;
}

export interface ActionStepOptions {
  /** Monitors speak through their output, not through their exit status. */
  readonly hidesExitStatus: boolean;
}

/**
 * An action as a step. `stepId` names it within its container, the same after a restart: processes are found again by
 * it. Diego: executor/depot/transformer/transformer.go, stepFor
 */
export function actionStep(
  action: Action,
  stepId: string,
  sink: LogSink,
  options: ActionStepOptions,
  deps: ActionStepDeps,
): Step {
  const inner = (child: Action, id: string, childSink: LogSink): Step =>
    actionStep(child, id, childSink, options, deps);
  const source = action.logSource ?? "";
  switch (action.kind) {
    case "run":
      return once(stepId, runStep(action, stepId, sink.withSource(source), options, deps), deps.progress);
    case "download":
      return once(
        stepId,
        downloadStep(action, sink.withSource(source), { ...deps, limiter: deps.downloadLimiter }),
        deps.progress,
      );
    case "upload":
      return once(
        stepId,
        uploadStep(action, sink.withSource(source), { ...deps, limiter: deps.uploadLimiter }),
        deps.progress,
      );
    case "timeout":
      return withTimeout(inner(action.action, stepId, sink.withSource(source)), action.timeoutMs, deps.clock);
    case "try":
      return withTry(inner(action.action, stepId, sink.withSource(source)));
    case "emit-progress":
      return withProgress(
        inner(action.action, stepId, sink),
        {
          start: action.startMessage,
          success: action.successMessage,
          failurePrefix: action.failureMessagePrefix,
        },
        sink.withSource(source),
        () => firstTime(`${stepId}:announced`, deps.progress),
      );
    case "serial":
      return serial(action.actions.map((child, index) => inner(child, `${stepId}.${index}`, sink)));
    case "parallel":
      return parallel(
        action.actions.map((child, index) => inner(child, `${stepId}.${index}`, sink.withSource(source))),
      );
    case "codependent":
      return codependent(
        action.actions.map((child, index) => inner(child, `${stepId}.${index}`, sink.withSource(source))),
        { errorOnExit: true, cancelOthersOnExit: false },
      );
  }
}

/** True the first time that it is asked for this step, over restarts. */
export function firstTime(stepId: string, progress: StepProgress): boolean {
  if (progress.isDone(stepId)) return false;
  progress.markDone(stepId);
  return true;
}

function once(stepId: string, step: Step, progress: StepProgress): Step {
  return async (signal, ready) => {
    if (progress.isDone(stepId)) return ready();
    await step(signal, ready);
    progress.markDone(stepId);
  };
}
