import { type Kysely, sql } from "kysely";
import type { QuotaScope, RunUsage } from "./quota-check.ts";
import type { CcDatabase } from "./store/schema.ts";

/** What is left out of the usage: the very thing whose new size is checked. */
export interface UsageException {
  readonly processGuid?: string;
  readonly taskGuid?: string;
}

/** The space and its organization with quotas and usage, for `quota-check.ts`. Read and write in one transaction. */
export async function quotaScopes(
  trx: Kysely<CcDatabase>,
  spaceGuid: string,
  except: UsageException = {},
): Promise<QuotaScope[]> {
  const space = await trx.selectFrom("spaces").where("guid", "=", spaceGuid).selectAll().executeTakeFirstOrThrow();
  const organization = await trx
    .selectFrom("organizations")
    .where("guid", "=", space.organization_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  const spaceQuota =
    space.space_quota_guid === null
      ? undefined
      : await trx.selectFrom("space_quotas").where("guid", "=", space.space_quota_guid).selectAll().executeTakeFirst();
  const quota = await trx
    .selectFrom("organization_quotas")
    .where("guid", "=", organization.quota_guid)
    .selectAll()
    .executeTakeFirst();
  return [
    {
      kind: "space",
      name: space.name,
      limits: spaceQuota ?? null,
      usage: await usageOf(trx, sql`SELECT ${space.guid}`, except),
    },
    {
      kind: "organization",
      name: organization.name,
      limits: quota ?? null,
      usage: await usageOf(trx, sql`SELECT guid FROM spaces WHERE organization_guid = ${organization.guid}`, except),
    },
  ];
}

async function usageOf(
  trx: Kysely<CcDatabase>,
  spaces: ReturnType<typeof sql>,
  except: UsageException,
): Promise<RunUsage> {
  const apps = sql`SELECT guid FROM apps WHERE space_guid IN (${spaces})`;
  const { rows } = await sql<Record<"memory" | "instances" | "rate" | "tasks" | "taskMemory" | "taskRate", number>>`
    SELECT p.memory, p.instances, p.rate, t.tasks, t.memory AS "taskMemory", t.rate AS "taskRate" FROM
    (SELECT coalesce(sum(memory_in_mb * instances), 0) AS memory, coalesce(sum(instances), 0) AS instances,
       coalesce(sum(CASE WHEN log_rate_limit_in_bytes_per_second > 0 THEN log_rate_limit_in_bytes_per_second * instances ELSE 0 END), 0) AS rate
     FROM processes WHERE state = 'STARTED' AND guid <> ${except.processGuid ?? ""} AND app_guid IN (${apps})) AS p,
    (SELECT count(*) AS tasks, coalesce(sum(memory_in_mb), 0) AS memory,
       coalesce(sum(CASE WHEN log_rate_limit_in_bytes_per_second > 0 THEN log_rate_limit_in_bytes_per_second ELSE 0 END), 0) AS rate
     FROM tasks WHERE state IN ('PENDING', 'RUNNING') AND guid <> ${except.taskGuid ?? ""} AND app_guid IN (${apps})) AS t`.execute(
    trx,
  );
  const row = rows[0]!;
  return {
    memoryMb: row.memory + row.taskMemory,
    instances: row.instances,
    logRateBytes: row.rate + row.taskRate,
    tasks: row.tasks,
  };
}
