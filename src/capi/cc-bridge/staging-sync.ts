export type StagingSyncAction = {
  readonly buildGuid: string;
  readonly kind: "stage" | "expire" | "cancel";
};

/** Younger ones may be on their way. */
const STAGE_AFTER_MS = 10_000;
/** After the task's own limit, for the upload and the callback. */
const EXPIRE_GRACE_MS = 120_000;

/**
 * Builds that a crash kept from Diego are sent again, those that nobody ends are failed, staging tasks without a build are
 * cancelled. CC: jobs/runtime/pending_build_cleanup.rb fails lost builds only after the limit.
 */
export function decideStagingSync(
  builds: readonly { readonly guid: string; readonly createdAtMs: number }[],
  diego: ReadonlySet<string>,
  stagingTimeoutMs: number,
  nowMs: number,
): StagingSyncAction[] {
  const actions: StagingSyncAction[] = [];
  const ours = new Set<string>();
  for (const { guid, createdAtMs } of builds) {
    ours.add(guid);
    const ageMs = nowMs - createdAtMs;
    if (ageMs > stagingTimeoutMs + EXPIRE_GRACE_MS) actions.push({ kind: "expire", buildGuid: guid });
    else if (!diego.has(guid) && ageMs > STAGE_AFTER_MS) actions.push({ kind: "stage", buildGuid: guid });
  }
  for (const guid of diego) if (!ours.has(guid)) actions.push({ kind: "cancel", buildGuid: guid });
  return actions;
}
