import type { Selectable } from "kysely";
import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { presentLimits } from "../../quota-body.ts";
import type { OrganizationQuotasTable } from "../../store/schema.ts";

export type OrganizationQuota = Selectable<OrganizationQuotasTable>;

/** With those organizations that the caller may see. CC: presenters/v3/organization_quota_presenter.rb */
export async function presentOrganizationQuotas(
  api: CcApi,
  access: Access,
  quotas: readonly OrganizationQuota[],
): Promise<object[]> {
  const guids = quotas.map(({ guid }) => guid);
  const organizations =
    guids.length === 0
      ? []
      : await api.db
          .selectFrom("organizations")
          .where("quota_guid", "in", guids)
          .orderBy("id")
          .select(["guid", "quota_guid"])
          .execute();
  const byQuota = Map.groupBy(organizations, (organization) => organization.quota_guid);
  return quotas.map((quota) => ({
    guid: quota.guid,
    created_at: presentTime(quota.created_at),
    updated_at: presentTime(quota.updated_at),
    name: quota.name,
    ...presentLimits(quota),
    domains: { total_domains: quota.total_domains === -1 ? null : quota.total_domains },
    relationships: {
      organizations: {
        data: (byQuota.get(quota.guid) ?? [])
          .filter(({ guid }) => access.canReadOrganization(guid))
          .map(({ guid }) => ({ guid })),
      },
    },
    links: { self: api.links.to(`/v3/organization_quotas/${quota.guid}`) },
  }));
}
