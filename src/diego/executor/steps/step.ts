/**
 * One unit of work in a container. `signal` asks it to end gracefully: it still resolves or throws by itself. `ready`
 * is called once, when what it started is up (Diego: the ready channel of ifrit runners).
 */
export type Step = (signal: AbortSignal, ready: () => void) => Promise<void>;

/** Why a step ended badly; the kinds are those of executor/depot/steps that behave differently. */
export class StepError extends Error {
  readonly kind:
    | "emittable"
    | "cancelled"
    | "exceeded-grace"
    | "exit-timeout"
    | "codependent-exited"
    | "group"
    | "other";
  constructor(kind: StepError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }

  /** Somebody wanted the end: not a reason to show. */
  get displayable(): boolean {
    return this.kind !== "cancelled" && this.kind !== "exceeded-grace";
  }
}

/** The platform goes away and leaves the process running: not an end of the step. */
export class DetachedError extends Error {}

export function cancelled(): StepError {
  return new StepError("cancelled", "cancelled");
}

/** A text that the user may see. */
export function emittable(message: string, cause?: unknown): StepError {
  return new StepError("emittable", message, { cause });
}

/** Whatever was thrown, as a step's error. */
export function asStepError(error: unknown): StepError | DetachedError {
  if (error instanceof StepError || error instanceof DetachedError) return error;
  return new StepError("other", error instanceof Error ? error.message : String(error), { cause: error });
}
