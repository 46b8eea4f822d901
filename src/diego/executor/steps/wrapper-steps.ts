import type { Clock } from "../../../kit/clock.ts";
import { goDuration } from "../go-duration.ts";
import type { LogSink } from "../log-streamer.ts";
import { asStepError, DetachedError, emittable, type Step, StepError } from "./step.ts";

/** Cancels the step after the time and fails. Diego: timeout_step.go */
export function withTimeout(step: Step, timeoutMs: number, clock: Clock): Step {
  return async (signal, ready) => {
    const expired = new AbortController();
    const done = new AbortController();
    void clock.sleep(timeoutMs, done.signal).then(
      () => expired.abort(),
      () => undefined,
    );
    try {
      await step(AbortSignal.any([signal, expired.signal]), ready);
      if (!expired.signal.aborted) return;
    } catch (error) {
      const failure = asStepError(error);
      if (failure instanceof DetachedError || !expired.signal.aborted) throw failure;
      const detail = failure instanceof StepError && failure.kind === "emittable" ? `; ${failure.message}` : "";
      throw emittable(`exceeded ${goDuration(timeoutMs)} timeout${detail}`, failure);
    } finally {
      done.abort();
    }
    throw emittable(`exceeded ${goDuration(timeoutMs)} timeout`);
  };
}

/** Failures do not matter. Diego: try_step.go */
export function withTry(step: Step): Step {
  return async (signal, ready) => {
    try {
      await step(signal, ready);
    } catch (error) {
      if (error instanceof DetachedError) throw error;
    }
  };
}

/** Says when it starts and how it ends. `firstTime` is false when it goes on after a restart. Diego: emit_progress_step.go */
export function withProgress(
  step: Step,
  messages: { readonly start: string; readonly success: string; readonly failurePrefix: string },
  sink: LogSink,
  firstTime: () => boolean,
): Step {
  return async (signal, ready) => {
    if (messages.start !== "" && firstTime()) sink.stdout(`${messages.start}\n`);
    try {
      await step(signal, ready);
    } catch (error) {
      const failure = asStepError(error);
      if (!(failure instanceof DetachedError) && messages.failurePrefix !== "") {
        sink.stderr(`${messages.failurePrefix}${failure.kind === "emittable" ? `: ${failure.message}` : ""}\n`);
      }
      throw failure;
    }
    if (messages.success !== "") sink.stdout(`${messages.success}\n`);
  };
}
