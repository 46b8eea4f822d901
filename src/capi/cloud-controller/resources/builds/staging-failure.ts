import { CcError, type CcErrorName } from "../../errors.ts";

/** Exit codes of builder programs. CC: diego/failure_reason_sanitizer.rb */
const EXIT_ERRORS: Readonly<Record<string, CcErrorName>> = {
  222: "NoAppDetectedError",
  223: "BuildpackCompileFailed",
  224: "BuildpackReleaseFailed",
  231: "CNBGenericBuildFailed",
  232: "CNBDownloadBuildpackFailed",
  233: "CNBDetectFailed",
  234: "CNBBuildFailed",
  235: "CNBExportFailed",
  236: "CNBLaunchFailed",
  237: "CNBRestoreFailed",
};

/** CC: build_model.rb, STAGING_FAILED_REASONS: any other becomes StagingError. */
const REASONS: ReadonlySet<string> = new Set([
  "StagerError",
  "StagingError",
  "StagingTimeExpired",
  "InsufficientResources",
  "NoCompatibleCell",
  ...Object.values(EXIT_ERRORS),
]);

export interface StagingFailure {
  /** Name in the error table. */
  readonly id: string;
  readonly message: string;
}

/** What Diego's failure reason means to the user: exit codes and placement errors have names, the rest stays with the platform. */
export function stagingFailure(reason: string): StagingFailure {
  const id = EXIT_ERRORS[reason.slice(-3)];
  if (id !== undefined) return { id, message: "staging failed" };
  if (reason.startsWith("insufficient resources")) return { id: "InsufficientResources", message: reason };
  if (reason.startsWith("found no compatible cell")) return { id: "NoCompatibleCell", message: reason };
  if (reason === "unable to communicate to compatible cells") return { id: "CellCommunicationError", message: reason };
  return { id: "StagingError", message: "staging failed" };
}

/** `error_id` and `error_description` of a failed build. CC: build_model.rb, fail_to_stage! */
export function buildFailure(failure: StagingFailure): {
  readonly error_id: string;
  readonly error_description: string;
} {
  const id = (REASONS.has(failure.id) ? failure.id : "StagingError") as CcErrorName;
  return { error_id: id, error_description: new CcError(id, [failure.message]).message };
}
