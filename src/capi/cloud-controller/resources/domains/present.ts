import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { metadataOf } from "../../metadata.ts";
import { type Domain, protocolOf } from "./store.ts";

/** CC: presenters/v3/domain_presenter.rb */
export async function presentDomains(api: CcApi, access: Access, domains: readonly Domain[]): Promise<object[]> {
  const guids = domains.map(({ guid }) => guid);
  const metadata = await metadataOf(api.db, "domain", guids);
  const shares =
    guids.length === 0
      ? []
      : await api.db.selectFrom("domain_shared_organizations").where("domain_guid", "in", guids).selectAll().execute();
  const byDomain = Map.groupBy(shares, (share) => share.domain_guid);
  const { links } = api;
  return domains.map((domain) => {
    const path = `/v3/domains/${domain.guid}`;
    const owner = domain.owning_organization_guid;
    const group = domain.router_group_guid;
    return {
      guid: domain.guid,
      created_at: presentTime(domain.created_at),
      updated_at: presentTime(domain.updated_at),
      name: domain.name,
      internal: domain.internal === 1,
      router_group: group === null ? null : { guid: group },
      supported_protocols: [protocolOf(api.config, domain)],
      ...(domain.enforce_route_policies === 1
        ? { enforce_route_policies: true, route_policies_scope: domain.route_policies_scope }
        : {}),
      relationships: {
        organization: { data: owner === null ? null : { guid: owner } },
        shared_organizations: {
          data: (byDomain.get(domain.guid) ?? [])
            .filter((share) => access.canReadOrganization(share.organization_guid))
            .map((share) => ({ guid: share.organization_guid })),
        },
      },
      metadata: metadata(domain.guid),
      links: {
        self: links.to(path),
        route_reservations: links.to(`${path}/route_reservations`),
        ...(owner === null
          ? {}
          : {
              organization: links.to(`/v3/organizations/${owner}`),
              shared_organizations: links.to(`${path}/relationships/shared_organizations`),
            }),
        ...(group === null ? {} : { router_group: links.to(`/routing/v1/router_groups/${group}`) }),
      },
    };
  });
}

/** For `included.domains`. */
export async function includedDomains(api: CcApi, access: Access, guids: readonly string[]): Promise<object[]> {
  if (guids.length === 0) return [];
  const rows = await api.db
    .selectFrom("domains")
    .where("guid", "in", [...new Set(guids)])
    .orderBy("name")
    .selectAll()
    .execute();
  return presentDomains(api, access, rows);
}
