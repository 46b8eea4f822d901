import type { Kysely } from "kysely";
import { unprocessable } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { Space } from "../../visible.ts";

/** One more route (and port) must fit the quotas of the space and its organization. CC: Route#validate_total_routes */
export async function requireRouteQuota(trx: Kysely<CcDatabase>, space: Space, reservesPort: boolean): Promise<void> {
  const organization = await trx
    .selectFrom("organizations")
    .innerJoin("organization_quotas", "organization_quotas.guid", "organizations.quota_guid")
    .where("organizations.guid", "=", space.organization_guid)
    .select(["organizations.name", "organization_quotas.total_routes", "organization_quotas.total_reserved_ports"])
    .executeTakeFirst();
  const spaceQuota = await trx
    .selectFrom("space_quotas")
    .where("guid", "=", space.space_quota_guid ?? "")
    .select(["total_routes", "total_reserved_ports"])
    .executeTakeFirst();
  const inSpace = await counts(trx, "routes.space_guid", space.guid);
  const inOrganization = await counts(trx, "spaces.organization_guid", space.organization_guid);
  const full = (limit: number | undefined, used: number): boolean =>
    limit !== undefined && limit !== -1 && used >= limit;
  if (full(spaceQuota?.total_routes, inSpace.routes)) {
    throw unprocessable(`Routes quota exceeded for space '${space.name}'.`);
  }
  if (reservesPort && full(spaceQuota?.total_reserved_ports, inSpace.ports)) {
    throw unprocessable(`Reserved route ports quota exceeded for space '${space.name}'.`);
  }
  if (full(organization?.total_routes, inOrganization.routes)) {
    throw unprocessable(`Routes quota exceeded for organization '${organization?.name}'.`);
  }
  if (reservesPort && full(organization?.total_reserved_ports, inOrganization.ports)) {
    throw unprocessable(`Reserved route ports quota exceeded for organization '${organization?.name}'.`);
  }
}

async function counts(
  trx: Kysely<CcDatabase>,
  column: "routes.space_guid" | "spaces.organization_guid",
  guid: string,
): Promise<{ routes: number; ports: number }> {
  return trx
    .selectFrom("routes")
    .innerJoin("spaces", "spaces.guid", "routes.space_guid")
    .where(column, "=", guid)
    .select((eb) => [
      eb.fn.countAll<number>().as("routes"),
      eb.fn.count<number>("routes.id").filterWhere("routes.port", ">", 0).as("ports"),
    ])
    .executeTakeFirstOrThrow();
}
