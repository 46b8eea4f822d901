import type { Kysely } from "kysely";
import type { CcDatabase } from "../../store/schema.ts";

/** Names of the quota's organizations where a process has no log rate limit. */
export async function organizationsWithUnlimitedLogRate(db: Kysely<CcDatabase>, quotaGuid: string): Promise<string[]> {
  const rows = await db
    .selectFrom("organizations")
    .innerJoin("spaces", "spaces.organization_guid", "organizations.guid")
    .innerJoin("apps", "apps.space_guid", "spaces.guid")
    .innerJoin("processes", "processes.app_guid", "apps.guid")
    .where("organizations.quota_guid", "=", quotaGuid)
    .where("processes.log_rate_limit_in_bytes_per_second", "=", -1)
    .select("organizations.name")
    .distinct()
    .orderBy("organizations.name")
    .execute();
  return rows.map(({ name }) => name);
}

/** Names of the quota's spaces where a process has no log rate limit. */
export async function spacesWithUnlimitedLogRate(db: Kysely<CcDatabase>, quotaGuid: string): Promise<string[]> {
  const rows = await db
    .selectFrom("spaces")
    .innerJoin("apps", "apps.space_guid", "spaces.guid")
    .innerJoin("processes", "processes.app_guid", "apps.guid")
    .where("spaces.space_quota_guid", "=", quotaGuid)
    .where("processes.log_rate_limit_in_bytes_per_second", "=", -1)
    .select("spaces.name")
    .distinct()
    .orderBy("spaces.name")
    .execute();
  return rows.map(({ name }) => name);
}

const NAMES_SHOWN = 2;

/** CC: actions/organization_quotas_update.rb, space_quota_update.rb */
export function unlimitedLogRateText(kind: "org" | "space", names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join("', '");
  const rest = names.length - NAMES_SHOWN;
  const which =
    names.length === 1
      ? `${kind} '${shown}' which contains`
      : rest > 0
        ? `${kind}s '${shown}' and ${rest} other ${kind}s which contain`
        : `${kind}s '${shown}' which contain`;
  return `Current usage exceeds new quota values. This quota is applied to ${which} apps running with an unlimited log rate limit.`;
}
