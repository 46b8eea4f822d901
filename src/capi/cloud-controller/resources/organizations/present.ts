import type { CcApi } from "../../api/api.ts";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import { type Metadata, metadataOf } from "../../metadata.ts";
import type { Organization } from "../../visible.ts";

/** CC: presenters/v3/organization_presenter.rb */
export function presentOrganization(organization: Organization, metadata: Metadata, links: Links): object {
  const path = `/v3/organizations/${organization.guid}`;
  return {
    guid: organization.guid,
    created_at: presentTime(organization.created_at),
    updated_at: presentTime(organization.updated_at),
    name: organization.name,
    suspended: organization.status === "suspended",
    relationships: { quota: { data: { guid: organization.quota_guid } } },
    metadata,
    links: {
      self: links.to(path),
      domains: links.to(`${path}/domains`),
      default_domain: links.to(`${path}/domains/default`),
      quota: links.to(`/v3/organization_quotas/${organization.quota_guid}`),
    },
  };
}

export async function presentOrganizations(api: CcApi, organizations: readonly Organization[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "organization",
    organizations.map(({ guid }) => guid),
  );
  return organizations.map((organization) => presentOrganization(organization, metadata(organization.guid), api.links));
}

/** For `included.organizations`. */
export async function includedOrganizations(api: CcApi, guids: readonly string[]): Promise<object[]> {
  if (guids.length === 0) return [];
  const rows = await api.db
    .selectFrom("organizations")
    .where("guid", "in", [...new Set(guids)])
    .orderBy("created_at")
    .orderBy("guid")
    .selectAll()
    .execute();
  return presentOrganizations(api, rows);
}
