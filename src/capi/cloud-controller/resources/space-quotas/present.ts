import type { Selectable } from "kysely";
import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { presentLimits } from "../../quota-body.ts";
import type { SpaceQuotasTable } from "../../store/schema.ts";

export type SpaceQuota = Selectable<SpaceQuotasTable>;

/** With those spaces that the caller may see. CC: presenters/v3/space_quota_presenter.rb */
export async function presentSpaceQuotas(api: CcApi, access: Access, quotas: readonly SpaceQuota[]): Promise<object[]> {
  const guids = quotas.map(({ guid }) => guid);
  const spaces =
    guids.length === 0
      ? []
      : await api.db
          .selectFrom("spaces")
          .where("space_quota_guid", "in", guids)
          .orderBy("id")
          .select(["guid", "organization_guid", "space_quota_guid"])
          .execute();
  const byQuota = Map.groupBy(spaces, (space) => space.space_quota_guid);
  return quotas.map((quota) => ({
    guid: quota.guid,
    created_at: presentTime(quota.created_at),
    updated_at: presentTime(quota.updated_at),
    name: quota.name,
    ...presentLimits(quota),
    relationships: {
      organization: { data: { guid: quota.organization_guid } },
      spaces: {
        data: (byQuota.get(quota.guid) ?? [])
          .filter((space) => access.canReadSpace(space))
          .map(({ guid }) => ({ guid })),
      },
    },
    links: {
      self: api.links.to(`/v3/space_quotas/${quota.guid}`),
      organization: api.links.to(`/v3/organizations/${quota.organization_guid}`),
    },
  }));
}
