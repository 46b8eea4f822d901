import type { Selectable } from "kysely";
import { type Access, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { SecurityGroupsTable } from "../../store/schema.ts";

export type SecurityGroup = Selectable<SecurityGroupsTable>;
export type Lifecycle = "running" | "staging";

/** Default groups, and those bound to the caller's spaces. CC: Permissions#readable_security_groups_dataset */
export function readableGroups(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("security_groups").selectAll("security_groups");
  if (access.readsAll) return rows;
  return rows.where((eb) =>
    eb.or([
      eb("security_groups.running_default", "=", 1),
      eb("security_groups.staging_default", "=", 1),
      eb(
        "security_groups.guid",
        "in",
        eb
          .selectFrom("security_group_spaces")
          .where("security_group_spaces.space_guid", "in", spaceGuidsWith(api.db, access, SPACE_READERS))
          .select("security_group_spaces.security_group_guid"),
      ),
    ]),
  );
}

/** With those bound spaces that the caller may see. CC: presenters/v3/security_group_presenter.rb */
export async function presentGroups(api: CcApi, access: Access, groups: readonly SecurityGroup[]): Promise<object[]> {
  const guids = groups.map(({ guid }) => guid);
  const bound =
    guids.length === 0
      ? []
      : await api.db
          .selectFrom("security_group_spaces")
          .innerJoin("spaces", "spaces.guid", "security_group_spaces.space_guid")
          .where("security_group_guid", "in", guids)
          .orderBy("spaces.id")
          .select(["security_group_guid", "lifecycle", "spaces.guid", "spaces.organization_guid"])
          .execute();
  const byGroup = Map.groupBy(bound, (row) => row.security_group_guid);
  const spacesOf = (group: SecurityGroup, lifecycle: Lifecycle) => ({
    data: (byGroup.get(group.guid) ?? [])
      .filter((row) => row.lifecycle === lifecycle && access.canReadSpace(row))
      .map(({ guid }) => ({ guid })),
  });
  return groups.map((group) => ({
    guid: group.guid,
    created_at: presentTime(group.created_at),
    updated_at: presentTime(group.updated_at),
    name: group.name,
    rules: JSON.parse(group.rules) as object,
    globally_enabled: { running: group.running_default === 1, staging: group.staging_default === 1 },
    relationships: { running_spaces: spacesOf(group, "running"), staging_spaces: spacesOf(group, "staging") },
    links: { self: api.links.to(`/v3/security_groups/${group.guid}`) },
  }));
}
