import type { CcApi } from "../../api/api.ts";
import { CcError, type CcErrorName } from "../../errors.ts";

/** What Diego must hear of a process. */
export interface DiegoChange {
  readonly processGuid: string;
  /** Versions whose LRPs must go. */
  readonly staleVersions: readonly string[];
}

const TELL_TIMEOUT_MS = 10_000;
const BRIDGE_ERRORS: ReadonlySet<string> = new Set([
  "RunnerUnavailable",
  "RunnerError",
  "RunnerInvalidRequest",
  "StagerError",
  "TaskError",
]);

/**
 * Tells Diego of committed changes, once they are on disk. Throws what the bridge says as `CcError`; what was stored stays, and the
 * sync carries it over later. Call outside of transactions.
 */
export async function tellDiego(api: CcApi, changes: readonly (DiegoChange | null)[]): Promise<void> {
  const real = changes.filter((change) => change !== null);
  if (real.length === 0) return;
  await api.durable();
  const signal = api.deps.clock.deadline(TELL_TIMEOUT_MS);
  for (const { processGuid, staleVersions } of real) {
    await api.deps.bridge.processChanged(processGuid, staleVersions, signal).catch((error) => {
      throw bridgeFailure(error);
    });
  }
}

/** The same for changes whose answer does not depend on it: a failure is logged and left to the sync. */
export async function tellDiegoSoon(api: CcApi, changes: readonly (DiegoChange | null)[]): Promise<void> {
  await tellDiego(api, changes).catch((error) => api.deps.log.warn("Diego was not told; the sync will", { error }));
}

/** A failure of the bridge in the API's words; anything else stays what it is. */
export function bridgeFailure(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type } = error as Error & { type?: unknown };
  if (typeof type !== "string" || !BRIDGE_ERRORS.has(type)) return error;
  return new CcError(type as CcErrorName, [error.message], { cause: error });
}
