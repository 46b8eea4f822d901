import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { unprocessable } from "../../errors.ts";
import { processQuotaTexts } from "../../quota-check.ts";
import { quotaScopes } from "../../quota-usage.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { AppPlace } from "../apps/place.ts";
import type { DiegoChange } from "./diego.ts";
import type { Process } from "./model.ts";
import { isUsageChange, recordProcessUsage } from "./usage.ts";

export interface SaveOptions {
  /** Running containers stay: `cf scale` and changes of health checks wait for the next restart. */
  readonly keepVersion?: boolean;
  /** `cf restart` stops and starts in one step: new containers although the state stays STARTED. */
  readonly newVersion?: boolean;
}

export interface SavedProcess {
  readonly process: Process;
  readonly change: DiegoChange | null;
}

/**
 * Whether a change of these columns needs new containers. CC: process_model.rb, version_needs_to_be_updated?
 */
export function needsNewVersion(before: Process, after: Process): boolean {
  if (after.state !== "STARTED") return false;
  if (before.state !== after.state) return true;
  return (
    before.memory_in_mb !== after.memory_in_mb ||
    before.health_check_type !== after.health_check_type ||
    before.health_check_http_endpoint !== after.health_check_http_endpoint ||
    before.readiness_health_check_type !== after.readiness_health_check_type ||
    before.readiness_health_check_http_endpoint !== after.readiness_health_check_http_endpoint
  );
}

/**
 * Checks limits and quotas, writes the row, its version and its usage event. Gives what Diego must hear once the transaction is
 * done. Throws UnprocessableEntity.
 */
export async function saveProcess(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  before: Process,
  columns: Partial<Omit<Process, "id" | "guid">>,
  options: SaveOptions = {},
): Promise<SavedProcess> {
  const wanted = { ...before, ...columns };
  const stateChanged = before.state !== wanted.state;
  const renew =
    options.newVersion === true || (needsNewVersion(before, wanted) && (stateChanged || options.keepVersion !== true));
  const after: Process = {
    ...wanted,
    version: renew ? api.deps.random.guid() : before.version,
    updated_at: laterThan(before.updated_at, api.nowMs()),
  };
  const texts = [...limitTexts(api, after), ...(await quotaTexts(trx, place, before, after))];
  if (texts.length > 0) throw unprocessable(...texts);
  const { id, ...row } = after;
  await trx.updateTable("processes").set(row).where("id", "=", id).execute();
  if (isUsageChange(before, after)) await recordProcessUsage(api, trx, place, before, after);
  return { process: after, change: diegoChange(before, after) };
}

/** Only what grows, or starts, is held against the quotas. */
async function quotaTexts(
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  before: Process,
  after: Process,
): Promise<string[]> {
  const same =
    before.state === after.state &&
    before.memory_in_mb === after.memory_in_mb &&
    before.instances === after.instances &&
    before.log_rate_limit_in_bytes_per_second === after.log_rate_limit_in_bytes_per_second;
  if (after.state !== "STARTED" || same) return [];
  const size = {
    instances: after.instances,
    memoryMb: after.memory_in_mb,
    logRateBytes: after.log_rate_limit_in_bytes_per_second,
  };
  return processQuotaTexts(size, await quotaScopes(trx, place.space.guid, { processGuid: after.guid }));
}

/** Diego must hear of starts, stops, new versions and instance counts; the rest waits for the next sync. */
function diegoChange(before: Process, after: Process): DiegoChange | null {
  const heard =
    before.state !== after.state || before.version !== after.version || before.instances !== after.instances;
  if (!heard || (before.state === "STOPPED" && after.state === "STOPPED")) return null;
  const stale = before.version !== after.version || after.state === "STOPPED" || after.instances === 0;
  return { processGuid: after.guid, staleVersions: stale ? [before.version] : [] };
}

/** The annotation of the LRP tells changes apart by this time: two in one millisecond must differ. */
function laterThan(beforeMs: number, nowMs: number): number {
  return Math.max(beforeMs + 1, nowMs);
}

/** CC: models/runtime/constraints/ */
function limitTexts(api: CcApi, process: Process): string[] {
  const { limits } = api.config;
  const texts: string[] = [];
  if (process.disk_in_mb > limits.appDiskMbMax) {
    texts.push(
      `disk_quota too much disk requested (requested ${process.disk_in_mb} MB - must be less than ${limits.appDiskMbMax} MB)`,
    );
  }
  if (process.memory_in_mb < 1) texts.push("memory zero_or_less");
  if (process.instances < 0) texts.push("instances less_than_zero");
  if (process.log_rate_limit_in_bytes_per_second < -1) texts.push("log_rate_limit must be greater than or equal to -1");
  if ((process.health_check_timeout ?? 0) > limits.healthCheckTimeoutSecondsMax) {
    texts.push(`health_check_timeout Maximum exceeded: max ${limits.healthCheckTimeoutSecondsMax}s`);
  }
  if (process.user !== null && process.user !== "" && process.user.toLowerCase() !== "vcap") {
    texts.push(`user invalid (requested user '${process.user}' not allowed, permitted users are: 'vcap')`);
  }
  if (process.health_check_type === "http" && process.health_check_http_endpoint === null) {
    texts.push("health_check_http_endpoint HTTP health check endpoint is not a valid URI path: ");
  }
  if (process.readiness_health_check_type === "http" && process.readiness_health_check_http_endpoint === null) {
    texts.push("readiness_health_check_http_endpoint HTTP readiness health check endpoint is not a valid URI path: ");
  }
  return texts;
}
