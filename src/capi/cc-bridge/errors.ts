/** Names of the Cloud Controller's error table. CC: errors/v2.yml */
export type BridgeErrorType =
  | "RunnerUnavailable"
  | "RunnerError"
  | "RunnerInvalidRequest"
  | "StagerError"
  | "TaskError";

export class BridgeError extends Error {
  readonly type: BridgeErrorType;
  constructor(type: BridgeErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}

/** Diego's name for a failure of the BBS; null when it is none of the BBS's own errors (network, abort). */
export function bbsErrorType(error: unknown): string | null {
  if (!(error instanceof Error) || error.name === "AbortError") return null;
  const { type } = error as Error & { type?: unknown };
  return typeof type === "string" ? type : null;
}

/** @param kind what the call was about. CC: bbs_apps_client.rb, bbs_stager_client.rb, bbs_task_client.rb */
export function toBridgeError(
  error: unknown,
  kind: "RunnerError" | "StagerError" | "TaskError",
  guid: string,
): BridgeError {
  if (error instanceof BridgeError) return error;
  const type = bbsErrorType(error);
  const message = error instanceof Error ? error.message : String(error);
  if (kind === "RunnerError") {
    if (type === "InvalidRequest") return new BridgeError("RunnerInvalidRequest", message, { cause: error });
    const text = `Process Guid: ${guid}: ${message}`;
    return new BridgeError(type === null ? "RunnerUnavailable" : "RunnerError", text, { cause: error });
  }
  return new BridgeError(kind, message, { cause: error });
}
