import type { Kysely } from "kysely";
import { unprocessable } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { Domain } from "../domains/store.ts";

export interface RouteAddress {
  readonly host: string;
  readonly path: string;
  readonly port: number;
  readonly space: { readonly guid: string };
  readonly domain: Domain;
}

/** Throws when another route has the address, or the host in another space. CC: actions/route_create.rb, validation_error_* */
export async function refuseTaken(
  trx: Kysely<CcDatabase>,
  { host, path, port, space, domain }: RouteAddress,
): Promise<void> {
  if (port > 0) return refusePort(trx, port, domain);
  const others = await trx
    .selectFrom("routes")
    .where("domain_guid", "=", domain.guid)
    .where("host", "=", host)
    .where("port", "=", 0)
    .select(["path", "space_guid"])
    .execute();
  if (others.some((other) => other.path.toLowerCase() === path.toLowerCase())) {
    const where = [host === "" ? "" : `host '${host}'`, path === "" ? "" : `path '${path}'`].filter(
      (part) => part !== "",
    );
    const what = where.length === 0 ? "" : ` with ${where.join(" and ")}`;
    throw unprocessable(`Route already exists${what} for domain '${domain.name}'.`);
  }
  // The paths of one host belong to one space, except in domains of an organization.
  if (domain.owning_organization_guid === null && others.some((other) => other.space_guid !== space.guid)) {
    throw unprocessable("domain_id and host host_and_domain_taken_different_space");
  }
}

async function refusePort(trx: Kysely<CcDatabase>, port: number, domain: Domain): Promise<void> {
  const other = await trx
    .selectFrom("routes")
    .innerJoin("domains", "domains.guid", "routes.domain_guid")
    .where("domains.router_group_guid", "=", domain.router_group_guid)
    .where("routes.port", "=", port)
    .select("routes.domain_guid")
    .executeTakeFirst();
  if (other === undefined) return;
  throw unprocessable(
    other.domain_guid === domain.guid
      ? `Route already exists with port '${port}' for domain '${domain.name}'.`
      : `Port '${port}' is not available. Try a different port or use a different domain.`,
  );
}
