import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import { type RouterGroup, routerGroup } from "../../router-groups.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { MetadataChange } from "../../validation.ts";
import type { Space } from "../../visible.ts";
import { type Domain, isUsable } from "../domains/store.ts";
import type { RouteOptions } from "./body.ts";
import { storedOptions } from "./options.ts";
import type { Route } from "./present.ts";
import { requireRouteQuota } from "./quota.ts";
import { SYSTEM_HOSTNAMES } from "./system-hostnames.ts";
import { refuseTaken } from "./taken.ts";

export interface RouteWanted {
  readonly host: string;
  readonly path: string;
  /** Null: none given; a TCP domain then chooses a free one. */
  readonly port: number | null;
  readonly space: Space;
  readonly domain: Domain;
  readonly options?: RouteOptions | undefined;
  readonly metadata?: MetadataChange | undefined;
}

const FQDN_MAX = 253;

/**
 * Creates a route inside the caller's transaction, with its audit event. Throws UnprocessableEntity in CC's words for whatever forbids it;
 * access is the caller's to check. `request` is what the event tells. CC: actions/route_create.rb, models/runtime/route.rb
 */
export async function insertRoute(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  wanted: RouteWanted,
  actor: Actor,
  request: object,
): Promise<Route> {
  const { space, domain } = wanted;
  const group = tcpGroup(api, domain);
  const port = wanted.port ?? (group === null ? 0 : await freePort(api, trx, group));
  if (!(await isUsable(trx, domain, space.organization_guid))) {
    const organization = await trx
      .selectFrom("organizations")
      .where("guid", "=", space.organization_guid)
      .select("name")
      .executeTakeFirstOrThrow();
    throw unprocessable(
      `Invalid domain. Domain '${domain.name}' is not available in organization '${organization.name}'.`,
    );
  }
  await requireRouteQuota(trx, space, port > 0);
  const options = storedOptions(wanted.options ?? {});
  await requireHost(api, trx, wanted, group);
  if (domain.internal === 1 && wanted.path !== "") throw unprocessable("Paths are not supported for internal domains.");
  if (group === null && port > 0) throw unprocessable("Routes with protocol 'http' do not support ports.");
  if (group !== null) requirePort(group, port);
  await refuseTaken(trx, { host: wanted.host, path: wanted.path, port, space, domain });
  const route = await trx
    .insertInto("routes")
    .values({
      ...api.stamp(),
      host: wanted.host,
      path: wanted.path,
      port,
      domain_guid: domain.guid,
      space_guid: space.guid,
      options: JSON.stringify(options),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await changeMetadata(trx, "route", route.guid, wanted.metadata, api.config.limits);
  await api.event(trx, {
    type: "audit.route.create",
    actor,
    target: { guid: route.guid, type: "route", name: route.host },
    organizationGuid: space.organization_guid,
    spaceGuid: space.guid,
    data: { request },
  });
  return route;
}

function tcpGroup(api: CcApi, domain: Domain): RouterGroup | null {
  if (domain.router_group_guid === null) return null;
  const group = routerGroup(api.config, domain.router_group_guid);
  if (group !== null) return group;
  throw unprocessable("Route could not be created because the specified domain does not have a valid router group.");
}

async function freePort(api: CcApi, trx: Kysely<CcDatabase>, { ports, guid }: RouterGroup): Promise<number> {
  const rows = await trx
    .selectFrom("routes")
    .innerJoin("domains", "domains.guid", "routes.domain_guid")
    .where("domains.router_group_guid", "=", guid)
    .select("routes.port")
    .execute();
  const taken = new Set(rows.map(({ port }) => port));
  const free: number[] = [];
  for (let port = ports.from; port <= ports.to; port++) if (!taken.has(port)) free.push(port);
  const chosen = free[api.deps.random.below(free.length)];
  if (chosen === undefined) throw unprocessable("There are no more ports available for this domain.");
  return chosen;
}

async function requireHost(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  { host, path, domain }: RouteWanted,
  group: RouterGroup | null,
): Promise<void> {
  const fqdn = host === "" ? domain.name : `${host}.${domain.name}`;
  if (host !== "") {
    const same = await trx.selectFrom("domains").where("name", "=", fqdn).select("guid").executeTakeFirst();
    if (same !== undefined) throw unprocessable(`Route conflicts with domain '${fqdn}'.`);
  }
  const system = domain.name.toLowerCase() === api.config.externalDomain.toLowerCase();
  if (system && SYSTEM_HOSTNAMES.includes(host.toLowerCase())) {
    throw unprocessable("Route conflicts with a reserved system route.");
  }
  if (domain.internal === 1 && host === "*") {
    throw unprocessable("Wildcard hosts are not supported for internal domains.");
  }
  if (domain.owning_organization_guid === null && group === null && host === "") {
    throw unprocessable("Missing host. Routes in shared domains must have a host defined.");
  }
  if (fqdn.length > FQDN_MAX) {
    throw unprocessable("Host combined with domain name must be no more than 253 characters.");
  }
  if (group !== null && host !== "") throw unprocessable("Hosts are not supported for TCP routes.");
  if (group !== null && path !== "") throw unprocessable("Paths are not supported for TCP routes.");
}

function requirePort({ ports }: RouterGroup, port: number): void {
  if (port === 0) throw unprocessable("Routes with protocol 'tcp' must specify a port.");
  if (port >= ports.from && port <= ports.to) return;
  throw unprocessable(`Port '${port}' is not available. Try a different port or use a different domain.`);
}
