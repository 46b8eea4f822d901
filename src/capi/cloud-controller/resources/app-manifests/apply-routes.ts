import type { Kysely } from "kysely";
import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { AppPlace } from "../apps/place.ts";
import { type Domain, defaultDomain } from "../domains/store.ts";
import { insertRoute } from "../routes/create.ts";
import { addDestinations, removeDestination, replaceDestinations } from "../routes/destinations.ts";
import { storedOptions } from "../routes/options.ts";
import type { Route } from "../routes/present.ts";
import { parseManifestRoute } from "./manifest-route.ts";
import type { AppManifest, ManifestRouteWanted } from "./model.ts";
import { randomHost } from "./random-host.ts";

export interface RouteContext {
  readonly actor: Actor;
  readonly access: Access;
  readonly routeCreation: boolean;
}

const TRIGGERED = { manifest_triggered: true };

/** Routes of the manifest, inside a transaction. Gives the processes whose routes changed. CC: actions/app_apply_manifest.rb, manifest_route_update.rb */
export async function applyRoutes(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  manifest: AppManifest,
  context: RouteContext,
): Promise<string[]> {
  const { app } = place;
  const destinations = await trx
    .selectFrom("route_destinations")
    .where("app_guid", "=", app.guid)
    .selectAll()
    .execute();
  if (manifest.noRoute) {
    const touched: string[] = [];
    for (const destination of destinations) {
      const found = await routeWithDomain(trx, destination.route_guid);
      const change = { ...found, apps: appsOf(place), actor: context.actor, eventData: TRIGGERED };
      touched.push(...(await removeDestination(api, trx, change, { ...destination, weight: null })));
    }
    return touched;
  }
  if (manifest.routes !== null) return await mapAll(api, trx, place, manifest.routes, context);
  if (destinations.length > 0 || (!manifest.randomRoute && !manifest.defaultRoute)) return [];
  const domain = await defaultDomain(trx, place.organization.guid);
  if (domain === null) throw unprocessable("No default domains available");
  if (manifest.defaultRoute) requireDnsName(app.name);
  const host = manifest.defaultRoute ? app.name : randomHost(app.name, api.deps.random);
  const route = parseManifestRoute(`${host}.${domain.name}`);
  if (route === null) throw unprocessable(`The route '${host}.${domain.name}' is not a properly formed URL`);
  return await mapAll(api, trx, place, [{ route, protocol: null, options: null }], context);
}

async function mapAll(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  wanted: readonly ManifestRouteWanted[],
  context: RouteContext,
): Promise<string[]> {
  const touched: string[] = [];
  for (const one of wanted) {
    try {
      touched.push(...(await mapOne(api, trx, place, one, context)));
    } catch (error) {
      if (!(error instanceof CcError) || error.errorName !== "UnprocessableEntity") throw error;
      throw unprocessable(`For route '${one.route.text}': ${error.message}`);
    }
  }
  return touched;
}

async function mapOne(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  wanted: ManifestRouteWanted,
  context: RouteContext,
): Promise<string[]> {
  const { route, domain } = await findOrCreate(api, trx, place, wanted, context);
  const existing = await trx
    .selectFrom("route_destinations")
    .where("route_guid", "=", route.guid)
    .where("app_guid", "=", place.app.guid)
    .selectAll()
    .executeTakeFirst();
  const change = {
    route,
    domain,
    apps: appsOf(place),
    actor: context.actor,
    eventData: TRIGGERED,
    wanted: [{ appGuid: place.app.guid, processType: "web", port: null, weight: null, protocol: wanted.protocol }],
  };
  if (existing === undefined) return await addDestinations(api, trx, change);
  const protocol = existing.protocol ?? "http1";
  if (wanted.protocol === null || wanted.protocol === protocol) return [];
  return await replaceDestinations(api, trx, change);
}

async function findOrCreate(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  { route: wanted, options }: ManifestRouteWanted,
  context: RouteContext,
): Promise<{ readonly route: Route; readonly domain: Domain }> {
  for (const candidate of wanted.candidates) {
    const domain = await trx.selectFrom("domains").where("name", "=", candidate.domain).selectAll().executeTakeFirst();
    if (domain === undefined) continue;
    const route = await trx
      .selectFrom("routes")
      .where("domain_guid", "=", domain.guid)
      .where("host", "=", candidate.host)
      .where("path", "=", wanted.path)
      .where("port", "=", wanted.port ?? 0)
      .selectAll()
      .executeTakeFirst();
    if (route === undefined)
      return { route: await create(api, trx, place, domain, candidate.host, wanted, options, context), domain };
    if (!(await isAvailable(trx, route, place.space.guid))) {
      throw unprocessable("Routes cannot be mapped to destinations in different spaces");
    }
    return { route: options === null ? route : await withOptions(api, trx, route, options), domain };
  }
  throw unprocessable(`No domains exist for route ${wanted.text}`);
}

async function create(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  domain: Domain,
  host: string,
  { path, port }: ManifestRouteWanted["route"],
  options: ManifestRouteWanted["options"],
  context: RouteContext,
): Promise<Route> {
  if (!context.routeCreation) throw new CcError("FeatureDisabled", ["route_creation"]);
  if (host === "*" && domain.owning_organization_guid === null && !context.access.admin) {
    throw new CcError("NotAuthorized");
  }
  const wanted = { host, path, port, space: place.space, domain, options: options ?? {} };
  const request = { host, path, port, options: options ?? {} };
  return await insertRoute(api, trx, wanted, context.actor, { ...request, ...TRIGGERED });
}

async function withOptions(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  route: Route,
  options: NonNullable<ManifestRouteWanted["options"]>,
): Promise<Route> {
  const before = JSON.parse(route.options) as Record<string, string>;
  const after = JSON.stringify(storedOptions({ ...before, ...options }));
  return await trx
    .updateTable("routes")
    .set({ options: after, updated_at: api.nowMs() })
    .where("guid", "=", route.guid)
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function isAvailable(trx: Kysely<CcDatabase>, route: Route, spaceGuid: string): Promise<boolean> {
  if (route.space_guid === spaceGuid) return true;
  const share = await trx
    .selectFrom("route_shares")
    .where("route_guid", "=", route.guid)
    .where("space_guid", "=", spaceGuid)
    .select("route_guid")
    .executeTakeFirst();
  return share !== undefined;
}

async function routeWithDomain(trx: Kysely<CcDatabase>, guid: string): Promise<{ route: Route; domain: Domain }> {
  const route = await trx.selectFrom("routes").where("guid", "=", guid).selectAll().executeTakeFirstOrThrow();
  const domain = await trx
    .selectFrom("domains")
    .where("guid", "=", route.domain_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  return { route, domain };
}

function appsOf({ app }: AppPlace) {
  return new Map([[app.guid, { name: app.name, lifecycle_type: app.lifecycle_type, space_guid: app.space_guid }]]);
}

function requireDnsName(name: string): void {
  const prefix = "Failed to create default route from app name:";
  if (name.length > 63) throw unprocessable(`${prefix} Host cannot exceed 63 characters`);
  if (/^[\w-]+$/.test(name)) return;
  throw unprocessable(`${prefix} Host must be either "*" or contain only alphanumeric characters, "_", or "-"`);
}
