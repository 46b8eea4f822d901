/** Diego: executor/errors.go; the texts are its own. */
export class ExecutorError extends Error {
  readonly kind:
    | "container-not-found"
    | "invalid-transition"
    | "insufficient-resources"
    | "guid-not-available"
    | "result-too-large";
  constructor(kind: ExecutorError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** True for an error of Garden that says that the container (or process) does not exist. */
export function isGardenNotFound(error: unknown): boolean {
  return (error as { kind?: unknown } | null)?.kind === "not-found";
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
