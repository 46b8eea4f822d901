import { sql } from "kysely";
import type { CcApi } from "./api/api.ts";

const DAY_MS = 86_400_000;
const EVERY_MS = DAY_MS / 24;
/** Rows of one statement: a big backlog must not hold up requests. */
const BATCH = 500;

/** What is kept how long. CC: config/cloud_controller.yml, cutoff_age_in_days; jobs/runtime/prune_completed_… */
const KEPT = [
  { table: "audit_events", days: 31, where: sql`1 = 1` },
  { table: "app_usage_events", days: 31, where: sql`1 = 1` },
  { table: "service_usage_events", days: 31, where: sql`1 = 1` },
  { table: "jobs", days: 90, where: sql`state IN ('COMPLETE', 'FAILED')` },
] as const;

/** Registers the loop that deletes old records, batch by batch, each hour. */
export function pruning(api: CcApi): void {
  api.background("pruning", async (signal) => {
    while (!signal.aborted) {
      await prune(api, signal);
      await api.deps.clock.sleep(EVERY_MS, signal);
    }
  });
}

/** Deletes what is older than its time. */
export async function prune(api: Pick<CcApi, "db" | "nowMs">, signal: AbortSignal): Promise<void> {
  for (const { table, days, where } of KEPT) {
    const before = api.nowMs() - days * DAY_MS;
    let deleted = BATCH;
    while (deleted === BATCH && !signal.aborted) {
      const result = await sql`DELETE FROM ${sql.table(table)} WHERE id IN
        (SELECT id FROM ${sql.table(table)} WHERE created_at < ${before} AND ${where} ORDER BY id LIMIT ${BATCH})`.execute(
        api.db,
      );
      deleted = Number(result.numAffectedRows ?? 0n);
    }
  }
}
