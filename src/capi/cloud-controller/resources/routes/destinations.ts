import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { type Domain, protocolOf } from "../domains/store.ts";
import type { DestinationWanted } from "./body.ts";
import { DEFAULT_APP_PORT, type Destination, type Route, routeUrl } from "./present.ts";
import { touchProcesses } from "./touch-processes.ts";

const DESTINATIONS_MAX = 100;

/** Apps by guid, as far as destinations need them. */
export type DestinationApps = ReadonlyMap<
  string,
  { readonly name: string; readonly lifecycle_type: string; readonly space_guid: string }
>;

export interface DestinationChange {
  readonly route: Route;
  readonly domain: Domain;
  readonly wanted: readonly DestinationWanted[];
  readonly apps: DestinationApps;
  readonly actor: Actor;
  /** Further fields of the audit events, e.g. `{ manifest_triggered: true }`. */
  readonly eventData?: object;
}

interface Target extends DestinationWanted {
  readonly protocol: "http1" | "http2" | "tcp";
}

/**
 * Adds destinations to a route, leaving those that are there. Gives the processes concerned: tell `hooks.processRoutingChanged` after the
 * commit. CC: actions/update_route_destinations.rb
 */
export async function addDestinations(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  change: DestinationChange,
): Promise<string[]> {
  const existing = await existingOf(trx, change.route.guid);
  const targets = targetsOf(api, change);
  if (existing.length + targets.length > DESTINATIONS_MAX) {
    throw unprocessable(`Routes can be mapped to at most ${DESTINATIONS_MAX} destinations.`);
  }
  if (existing.some(({ weight }) => weight !== null)) {
    throw unprocessable("Destinations cannot be inserted when there are weighted destinations already configured.");
  }
  const fresh = targets.filter((target) => {
    const same = existing.find((destination) => isSame(destination, target));
    if (same === undefined) return true;
    const protocol = shownProtocol(api, change.domain, same);
    if (protocol === target.protocol) return false;
    throw unprocessable(
      `Cannot add destination with protocol: ${target.protocol}. Destination already exists for route: ${routeUrl(change.route, change.domain)}, app: ${target.appGuid}, process: ${target.processType}, and protocol: ${protocol}.`,
    );
  });
  return apply(api, trx, change, fresh, []);
}

/** Makes `wanted` the route's only destinations; those that stay keep their guid. */
export async function replaceDestinations(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  change: DestinationChange,
): Promise<string[]> {
  const existing = await existingOf(trx, change.route.guid);
  const targets = targetsOf(api, change);
  const stays = (destination: Destination, target: Target): boolean =>
    isSame(destination, target) &&
    destination.weight === target.weight &&
    shownProtocol(api, change.domain, destination) === target.protocol;
  return apply(
    api,
    trx,
    change,
    targets.filter((target) => !existing.some((destination) => stays(destination, target))),
    existing.filter((destination) => !targets.some((target) => stays(destination, target))),
  );
}

/** Takes one destination away. Throws for a weighted one. */
export async function removeDestination(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  change: Omit<DestinationChange, "wanted">,
  destination: Destination,
): Promise<string[]> {
  if (destination.weight !== null) throw unprocessable("Weighted destinations cannot be deleted individually.");
  return apply(api, trx, { ...change, wanted: [] }, [], [destination]);
}

async function existingOf(trx: Kysely<CcDatabase>, routeGuid: string): Promise<Destination[]> {
  return trx.selectFrom("route_destinations").where("route_guid", "=", routeGuid).selectAll().execute();
}

function targetsOf(api: CcApi, { wanted, apps, domain }: DestinationChange): Target[] {
  const tcp = protocolOf(api.config, domain) === "tcp";
  const targets = wanted.map((destination): Target => {
    const protocol = destination.protocol ?? (tcp ? "tcp" : "http1");
    if (tcp !== (protocol === "tcp")) {
      throw unprocessable(
        `Cannot use '${protocol}' protocol for ${tcp ? "tcp" : "http"} routes; valid options are: [${tcp ? "tcp" : "http1, http2"}].`,
      );
    }
    // A Docker image says itself where it listens.
    const image = apps.get(destination.appGuid)?.lifecycle_type === "docker";
    return { ...destination, protocol, port: destination.port ?? (image ? null : DEFAULT_APP_PORT) };
  });
  const distinct = new Set(targets.map((target) => JSON.stringify(target)));
  if (distinct.size < targets.length) throw unprocessable("Destinations cannot contain duplicate entries");
  return targets;
}

/** Takes an app's destinations away because the app goes. CC: actions/route_mapping_delete.rb */
export async function removeDestinationsOfApp(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  app: { readonly guid: string; readonly name: string; readonly lifecycle_type: string; readonly space_guid: string },
  actor: Actor,
): Promise<void> {
  const gone = await trx.deleteFrom("route_destinations").where("app_guid", "=", app.guid).returningAll().execute();
  for (const destination of gone.sort((a, b) => a.id - b.id)) {
    const route = await trx
      .selectFrom("routes")
      .where("guid", "=", destination.route_guid)
      .selectAll()
      .executeTakeFirstOrThrow();
    const domain = await trx
      .selectFrom("domains")
      .where("guid", "=", route.domain_guid)
      .selectAll()
      .executeTakeFirstOrThrow();
    await record(api, trx, "unmap-route", { route, domain, apps: new Map([[app.guid, app]]), actor }, destination);
  }
}

function isSame(destination: Destination, target: Target): boolean {
  return (
    destination.app_guid === target.appGuid &&
    destination.process_type === target.processType &&
    destination.app_port === target.port
  );
}

function shownProtocol(api: CcApi, domain: Domain, destination: Destination): "http1" | "http2" | "tcp" {
  if (destination.protocol === "http2") return "http2";
  return protocolOf(api.config, domain) === "tcp" ? "tcp" : "http1";
}

async function apply(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  change: DestinationChange,
  fresh: readonly Target[],
  gone: readonly Destination[],
): Promise<string[]> {
  for (const destination of gone) {
    await trx.deleteFrom("route_destinations").where("guid", "=", destination.guid).execute();
    await record(api, trx, "unmap-route", change, destination);
  }
  const added: Destination[] = [];
  for (const target of fresh) {
    const row = await trx
      .insertInto("route_destinations")
      .values({
        ...api.stamp(),
        route_guid: change.route.guid,
        app_guid: target.appGuid,
        process_type: target.processType,
        app_port: target.port,
        weight: target.weight,
        protocol: target.protocol === "http2" ? "http2" : null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await record(api, trx, "map-route", change, row);
    added.push(row);
  }
  return touchProcesses(trx, [...gone, ...added], api.nowMs());
}

/** CC: repositories/app_event_repository.rb */
async function record(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  action: "map-route" | "unmap-route",
  { route, domain, apps, actor, eventData }: Omit<DestinationChange, "wanted">,
  destination: Destination,
): Promise<void> {
  const app = apps.get(destination.app_guid) ?? (await appOf(trx, destination.app_guid));
  const space = await trx
    .selectFrom("spaces")
    .where("guid", "=", app?.space_guid ?? "")
    .select("organization_guid")
    .executeTakeFirst();
  await api.event(trx, {
    type: `audit.app.${action}`,
    actor,
    target: { guid: destination.app_guid, type: "app", name: app?.name ?? "" },
    organizationGuid: space?.organization_guid ?? null,
    spaceGuid: app?.space_guid ?? null,
    data: {
      ...eventData,
      route_guid: route.guid,
      app_port: destination.app_port ?? DEFAULT_APP_PORT,
      route_mapping_guid: destination.guid,
      destination_guid: destination.guid,
      process_type: destination.process_type,
      weight: destination.weight,
      protocol: shownProtocol(api, domain, destination),
      ...(route.options === "{}" ? {} : { route_options: JSON.parse(route.options) as object }),
    },
  });
}

async function appOf(trx: Kysely<CcDatabase>, guid: string) {
  return trx
    .selectFrom("apps")
    .where("guid", "=", guid)
    .select(["name", "lifecycle_type", "space_guid"])
    .executeTakeFirst();
}
