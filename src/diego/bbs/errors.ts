/** Diego: bbs/models/error.proto, enum Error.Type */
export type BbsErrorType =
  | "UnknownError"
  | "InvalidRecord"
  | "InvalidRequest"
  | "InvalidStateTransition"
  | "ResourceConflict"
  | "ResourceExists"
  | "ResourceNotFound"
  | "ActualLRPCannotBeClaimed"
  | "ActualLRPCannotBeStarted"
  | "ActualLRPCannotBeCrashed"
  | "ActualLRPCannotBeFailed"
  | "ActualLRPCannotBeRemoved"
  | "ActualLRPCannotBeUnclaimed"
  | "RunningOnDifferentCell"
  | "Unrecoverable"
  | "Timeout";

/** Texts of Diego: bbs/models/errors.go */
const MESSAGE: Partial<Record<BbsErrorType, string>> = {
  UnknownError: "the request failed for an unknown reason",
  InvalidRequest: "the request received is invalid",
  ResourceConflict: "the requested resource is in a conflicting state",
  ResourceExists: "the requested resource already exists",
  ResourceNotFound: "the requested resource could not be found",
  ActualLRPCannotBeClaimed: "cannot claim actual LRP",
  ActualLRPCannotBeStarted: "cannot start actual LRP",
  ActualLRPCannotBeCrashed: "cannot crash actual LRP",
  ActualLRPCannotBeFailed: "cannot fail actual LRP",
  ActualLRPCannotBeRemoved: "cannot remove actual LRP",
  ActualLRPCannotBeUnclaimed: "cannot unclaim actual LRP",
};

export class BbsError extends Error {
  readonly type: BbsErrorType;
  constructor(type: BbsErrorType, message: string = MESSAGE[type] ?? type, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}
