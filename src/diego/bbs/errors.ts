/** Diego: bbs/models/error.proto, enum Error.Type */
const WIRE_TYPE = {
  UnknownError: 0,
  InvalidRecord: 3,
  InvalidRequest: 4,
  InvalidStateTransition: 9,
  ResourceConflict: 11,
  ResourceExists: 12,
  ResourceNotFound: 13,
  ActualLRPCannotBeClaimed: 15,
  ActualLRPCannotBeStarted: 16,
  ActualLRPCannotBeCrashed: 17,
  ActualLRPCannotBeFailed: 18,
  ActualLRPCannotBeRemoved: 19,
  ActualLRPCannotBeUnclaimed: 21,
  RunningOnDifferentCell: 24,
  Unrecoverable: 29,
  Timeout: 31,
} as const;

export type BbsErrorType = keyof typeof WIRE_TYPE;

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

/** The one place where a failure becomes its wire form. Foreign errors lose their text: it may hold secrets. */
export function toWireError(error: unknown): { type: number; message: string } {
  if (error instanceof BbsError) return { type: WIRE_TYPE[error.type], message: error.message };
  return { type: WIRE_TYPE.UnknownError, message: MESSAGE.UnknownError ?? "" };
}
