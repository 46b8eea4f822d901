import type { Kysely } from "kysely";
import type { CcDatabase } from "../../store/schema.ts";

/** Whether an organization may put spaces into a segment; false for segments that do not exist. */
export async function isEntitled(
  db: Kysely<CcDatabase>,
  segmentGuid: string,
  organizationGuid: string,
): Promise<boolean> {
  const row = await db
    .selectFrom("isolation_segment_organizations")
    .where("isolation_segment_guid", "=", segmentGuid)
    .where("organization_guid", "=", organizationGuid)
    .select("organization_guid")
    .executeTakeFirst();
  return row !== undefined;
}
