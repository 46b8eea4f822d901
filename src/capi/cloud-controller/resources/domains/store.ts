import type { Kysely, Selectable } from "kysely";
import { type Access, DOMAIN_READERS } from "../../access.ts";
import { organizationGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcConfig } from "../../config.ts";
import { routerGroup } from "../../router-groups.ts";
import type { CcDatabase, DomainsTable } from "../../store/schema.ts";

export type Domain = Selectable<DomainsTable>;

/** Shared domains, and those owned by or shared with the caller's organizations. CC: fetchers/domain_fetcher.rb */
export function readableDomains(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("domains").selectAll("domains");
  if (access.readsAll) return rows;
  const mine = organizationGuidsWith(api.db, access, DOMAIN_READERS);
  return rows.where((eb) =>
    eb.or([
      eb("domains.owning_organization_guid", "is", null),
      eb("domains.owning_organization_guid", "in", mine),
      eb(
        "domains.guid",
        "in",
        eb
          .selectFrom("domain_shared_organizations")
          .where("domain_shared_organizations.organization_guid", "in", mine)
          .select("domain_shared_organizations.domain_guid"),
      ),
    ]),
  );
}

/** Whether spaces of the organization may have routes in the domain. */
export async function isUsable(db: Kysely<CcDatabase>, domain: Domain, organizationGuid: string): Promise<boolean> {
  if (domain.owning_organization_guid === null || domain.owning_organization_guid === organizationGuid) return true;
  const shared = await db
    .selectFrom("domain_shared_organizations")
    .where("domain_guid", "=", domain.guid)
    .where("organization_guid", "=", organizationGuid)
    .select("domain_guid")
    .executeTakeFirst();
  return shared !== undefined;
}

/** `tcp` with a router group that somebody serves, else `http`. */
export function protocolOf(config: CcConfig, domain: Pick<Domain, "router_group_guid">): "http" | "tcp" {
  if (domain.router_group_guid === null) return "http";
  return routerGroup(config, domain.router_group_guid) === null ? "http" : "tcp";
}

/** The domain for an app that names none: the first shared one, else the organization's own first. CC: Organization#default_domain */
export async function defaultDomain(db: Kysely<CcDatabase>, organizationGuid: string): Promise<Domain | null> {
  const shared = await db
    .selectFrom("domains")
    .where("owning_organization_guid", "is", null)
    .where("internal", "=", 0)
    .where("router_group_guid", "is", null)
    .orderBy("id")
    .selectAll()
    .executeTakeFirst();
  if (shared !== undefined) return shared;
  const own = await db
    .selectFrom("domains")
    .where((eb) =>
      eb.or([
        eb("owning_organization_guid", "=", organizationGuid),
        eb(
          "guid",
          "in",
          eb
            .selectFrom("domain_shared_organizations")
            .where("domain_shared_organizations.organization_guid", "=", organizationGuid)
            .select("domain_guid"),
        ),
      ]),
    )
    .orderBy("id")
    .selectAll()
    .executeTakeFirst();
  return own ?? null;
}
