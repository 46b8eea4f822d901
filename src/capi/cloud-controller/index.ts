import { startApi } from "./cloud-controller.ts";
import type { CcConfig } from "./config.ts";
import type { CcDeps } from "./deps.ts";

export { type CcConfig, type CcLimits, type CcUrls, DEFAULT_LIMITS } from "./config.ts";
export type { CcDeps } from "./deps.ts";
export { CcError, type CcErrorName } from "./errors.ts";

export interface CloudController extends AsyncDisposable {
  /** Where the public API listens. */
  readonly address: { readonly host: string; readonly port: number };
  readonly internal: { readonly socketPath: string };
}

/**
 * Opens (and migrates) the database, takes up unfinished jobs and listens on both addresses. Resolves when requests are answered.
 * Throws `NewerSchemaError`, and the listener's error when an address is taken. Dispose to stop: running requests are answered, jobs
 * wait for the next start.
 */
export async function startCloudController(config: CcConfig, deps: CcDeps): Promise<CloudController> {
  return await startApi(config, deps);
}
