import { z } from "zod";
import type { Access } from "../../access.ts";
import { noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { check, full, parseBody } from "../../validation.ts";
import { protocolOf } from "../domains/store.ts";
import { type DestinationWanted, parseDestinations } from "./body.ts";
import { addDestinations, type DestinationApps, removeDestination, replaceDestinations } from "./destinations.ts";
import {
  type Destination,
  destinationLinks,
  destinationsOf,
  portsOf,
  presentDestination,
  type Route,
} from "./present.ts";
import { touchProcesses } from "./touch-processes.ts";
import { domainOf, visibleRoute, writableRoute } from "./visible-route.ts";

/** Registers `/v3/routes/:guid/destinations`. CC: controllers/v3/routes_controller.rb */
export function destinationRoutes(api: CcApi): void {
  const path = "/v3/routes/:guid/destinations";
  api.get(path, index(api));
  api.post(path, change(api, false));
  api.patch(path, change(api, true));
  api.patch(`${path}/:destination_guid`, updateProtocol(api));
  api.delete(`${path}/:destination_guid`, destroy(api));
}

function index(api: CcApi): Handler {
  return async ({ params, query, access }) => {
    const route = await visibleRoute(api, access, params["guid"]!);
    const unknown = Object.keys(query).filter((name) => name !== "guids" && name !== "app_guids");
    if (unknown.length > 0) {
      throw unprocessable(
        `Unknown query parameter(s): '${unknown.join("', '")}'. Valid parameters are: 'guids', 'app_guids'`,
      );
    }
    const values = (name: string): string[] | null =>
      typeof query[name] === "string" ? query[name].split(/,\s*/) : null;
    const guids = values("guids");
    const appGuids = values("app_guids");
    const rows = (await destinationsOf(api, [route.guid])).filter(
      (row) => (guids?.includes(row.guid) ?? true) && (appGuids?.includes(row.app_guid) ?? true),
    );
    return ok(await presentAll(api, route, rows));
  };
}

async function presentAll(api: CcApi, route: Route, rows: readonly Destination[]): Promise<object> {
  const protocol = protocolOf(api.config, await domainOf(api, route));
  const port = await portsOf(api, rows);
  return {
    destinations: rows.map((row) => presentDestination(row, protocol, port(row))),
    links: destinationLinks(api.links, route.guid),
  };
}

function change(api: CcApi, replace: boolean): Handler {
  return async (request) => {
    const wanted = parseDestinations(request.body, replace);
    const route = await writableRoute(api, request);
    const apps = await reachableApps(api, request.access, route, wanted);
    const domain = await domainOf(api, route);
    const processes = await api.transaction((trx) =>
      (replace ? replaceDestinations : addDestinations)(api, trx, {
        route,
        domain,
        wanted,
        apps,
        actor: actorOf(request.caller),
      }),
    );
    api.hooks.processRoutingChanged(processes);
    return ok(await presentAll(api, route, await destinationsOf(api, [route.guid])));
  };
}

/** Apps that exist, that the caller sees, and that are in one of the route's spaces. */
async function reachableApps(
  api: CcApi,
  access: Access,
  route: Route,
  wanted: readonly DestinationWanted[],
): Promise<DestinationApps> {
  const guids = [...new Set(wanted.map(({ appGuid }) => appGuid))];
  if (guids.length === 0) return new Map();
  const rows = await api.db
    .selectFrom("apps")
    .innerJoin("spaces", "spaces.guid", "apps.space_guid")
    .where("apps.guid", "in", guids)
    .select(["apps.guid", "apps.name", "apps.lifecycle_type", "apps.space_guid", "spaces.organization_guid"])
    .execute();
  const missing = guids.filter((guid) => !rows.some((row) => row.guid === guid));
  if (missing.length > 0) throw unprocessable(`App(s) with guid(s) "${missing.join('", "')}" do not exist.`);
  const hidden = rows.filter(
    (row) => !access.canReadSpace({ guid: row.space_guid, organization_guid: row.organization_guid }),
  );
  if (hidden.length > 0) {
    throw unprocessable(`App(s) with guid(s) "${hidden.map(({ guid }) => guid).join('", "')}" you do not have access.`);
  }
  const shares = await api.db
    .selectFrom("route_shares")
    .where("route_guid", "=", route.guid)
    .select("space_guid")
    .execute();
  const spaces = [route.space_guid, ...shares.map((share) => share.space_guid)];
  if (rows.some((row) => !spaces.includes(row.space_guid))) {
    throw unprocessable("Routes destinations must be in either the route's space or the route's shared spaces");
  }
  return new Map(rows.map((row) => [row.guid, row]));
}

async function destinationOf(api: CcApi, route: Route, guid: string): Promise<Destination> {
  const row = await api.db
    .selectFrom("route_destinations")
    .where("guid", "=", guid)
    .where("route_guid", "=", route.guid)
    .selectAll()
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw unprocessable("Unable to unmap route from destination. Ensure the route has a destination with this guid.");
}

/** CC: messages/route_destination_update_message.rb */
const PROTOCOL_UPDATE = z
  .strictObject({ protocol: z.unknown().optional() })
  .superRefine(
    check((value) =>
      "protocol" in value && !["http1", "http2", "tcp"].includes(value.protocol as string)
        ? [full("Destination protocol must be 'http1', 'http2' or 'tcp'.")]
        : [],
    ),
  );

function updateProtocol(api: CcApi): Handler {
  return async (request) => {
    const { protocol } = parseBody(PROTOCOL_UPDATE, request.body);
    const route = await writableRoute(api, request);
    const destination = await destinationOf(api, route, request.params["destination_guid"]!);
    const routeProtocol = protocolOf(api.config, await domainOf(api, route));
    if (routeProtocol === "tcp" && protocol !== "tcp") {
      throw unprocessable("Destination protocol must be 'tcp' if the parent route's protocol is 'tcp'");
    }
    if (routeProtocol === "http" && protocol === "tcp") {
      throw unprocessable("Destination protocol must be 'http1' or 'http2' if the parent route's protocol is 'http'");
    }
    const { changed, processes } = await api.transaction(async (trx) => ({
      changed: await trx
        .updateTable("route_destinations")
        .set({
          updated_at: api.nowMs(),
          ...(protocol === undefined ? {} : { protocol: protocol === "http2" ? "http2" : null }),
        })
        .where("guid", "=", destination.guid)
        .returningAll()
        .executeTakeFirstOrThrow(),
      processes: await touchProcesses(trx, [destination], api.nowMs()),
    }));
    api.hooks.processRoutingChanged(processes);
    const port = await portsOf(api, [changed]);
    const links = api.links;
    return ok({
      ...presentDestination(changed, routeProtocol, port(changed)),
      links: {
        destinations: links.to(`/v3/routes/${route.guid}/destinations`),
        route: links.to(`/v3/routes/${route.guid}`),
      },
    });
  };
}

function destroy(api: CcApi): Handler {
  return async (request) => {
    const route = await writableRoute(api, request);
    const destination = await destinationOf(api, route, request.params["destination_guid"]!);
    const domain = await domainOf(api, route);
    const processes = await api.transaction((trx) =>
      removeDestination(api, trx, { route, domain, apps: new Map(), actor: actorOf(request.caller) }, destination),
    );
    api.hooks.processRoutingChanged(processes);
    return noContent();
  };
}
