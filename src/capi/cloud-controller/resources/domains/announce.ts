import type { CcApi } from "../../api/api.ts";

/** Says which domains there are to whoever answers for them. Call it once a change is committed. */
export async function announceDomains(api: CcApi): Promise<void> {
  const { domainsChanged } = api.deps;
  if (domainsChanged === undefined) return;
  const mine = (newest.get(api) ?? 0) + 1;
  newest.set(api, mine);
  const rows = await api.db
    .selectFrom("domains")
    .where("internal", "=", 0)
    .orderBy("id")
    .select(["name", "owning_organization_guid"])
    .execute();
  // A reading that began later has seen more, and tells it.
  if (newest.get(api) !== mine) return;
  domainsChanged(rows.map((row) => ({ name: row.name, shared: row.owning_organization_guid === null })));
}

/** How many readings have begun. */
const newest = new WeakMap<CcApi, number>();
