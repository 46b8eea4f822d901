import { asStepError, cancelled, DetachedError, type Step, StepError } from "./step.ts";

/** One after the other; the first error ends it. Ready when the last one is. Diego: serial_step.go */
export function serial(steps: readonly Step[]): Step {
  return async (signal, ready) => {
    for (const [index, step] of steps.entries()) {
      if (signal.aborted) throw cancelled();
      await step(signal, index === steps.length - 1 ? ready : () => undefined);
    }
  };
}

/** All at once, waits for all, joins their errors. Diego: parallel_step.go */
export function parallel(steps: readonly Step[]): Step {
  return async (signal, ready) => {
    const oneReady = countdown(steps.length, ready);
    const ends = await Promise.allSettled(steps.map((step) => step(signal, oneReady)));
    throwJoined(ends.filter((end) => end.status === "rejected").map((end) => asStepError(end.reason)));
  };
}

/**
 * All at once; when one fails the others are cancelled. `errorOnExit`: a good end counts as failure too.
 * `cancelOthersOnExit`: a good end cancels the others, without being a failure. Diego: codependent_step.go
 */
export function codependent(
  steps: readonly Step[],
  options: { readonly errorOnExit: boolean; readonly cancelOthersOnExit: boolean },
): Step {
  return async (signal, ready) => {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const oneReady = countdown(steps.length, ready);
    const errors: (StepError | DetachedError)[] = [];
    await Promise.all(
      steps.map(async (step) => {
        try {
          await step(either, oneReady);
          if (options.errorOnExit) throw new StepError("codependent-exited", "Codependent step exited");
          if (options.cancelOthersOnExit) stop.abort();
        } catch (error) {
          errors.push(asStepError(error));
          stop.abort();
        }
      }),
    );
    throwJoined(errors);
  };
}

function countdown(count: number, done: () => void): () => void {
  let left = count;
  return () => {
    if (--left === 0) done();
  };
}

/** Only what may be shown makes the text; it is empty when everybody was merely asked to end. Diego: multiErrorFormat */
function throwJoined(errors: readonly (StepError | DetachedError)[]): void {
  if (errors.length === 0) return;
  const detached = errors.find((error) => error instanceof DetachedError);
  if (detached !== undefined) throw detached;
  const texts = errors
    .filter((error) => !(error instanceof StepError) || error.displayable)
    .map((error) => error.message);
  throw new StepError("group", texts.filter((text) => text !== "").join("; "), { cause: errors[0] });
}
