import type { Selectable } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import { metadataOf } from "../../metadata.ts";
import type { RouteDestinationsTable, RoutesTable } from "../../store/schema.ts";
import { type Domain, protocolOf } from "../domains/store.ts";
import { exposedPort } from "./exposed-port.ts";

export type Route = Selectable<RoutesTable>;
export type Destination = Selectable<RouteDestinationsTable>;

/** Port of apps that name none. CC: ProcessModel::DEFAULT_HTTP_PORT */
export const DEFAULT_APP_PORT = 8080;

/** `host.domain/path`, or `domain:port`. */
export function routeUrl(route: Pick<Route, "host" | "path" | "port">, domain: Pick<Domain, "name">): string {
  if (route.port > 0) return `${domain.name}:${route.port}`;
  return route.host === "" ? `${domain.name}${route.path}` : `${route.host}.${domain.name}${route.path}`;
}

/** CC: presenters/v3/route_presenter.rb */
export async function presentRoutes(api: CcApi, routes: readonly Route[]): Promise<object[]> {
  const guids = routes.map(({ guid }) => guid);
  const metadata = await metadataOf(api.db, "route", guids);
  const domains = new Map(
    guids.length === 0
      ? []
      : (
          await api.db
            .selectFrom("domains")
            .where("guid", "in", [...new Set(routes.map((route) => route.domain_guid))])
            .selectAll()
            .execute()
        ).map((domain): [string, Domain] => [domain.guid, domain]),
  );
  const destinations = await destinationsOf(api, guids);
  const ports = await portsOf(api, destinations);
  const byRoute = Map.groupBy(destinations, (destination) => destination.route_guid);
  return routes.map((route) => {
    const domain = domains.get(route.domain_guid)!;
    const protocol = protocolOf(api.config, domain);
    const path = `/v3/routes/${route.guid}`;
    return {
      guid: route.guid,
      created_at: presentTime(route.created_at),
      updated_at: presentTime(route.updated_at),
      protocol,
      host: route.host,
      path: route.path,
      port: route.port === 0 ? null : route.port,
      url: routeUrl(route, domain),
      destinations: (byRoute.get(route.guid) ?? []).map((destination) =>
        presentDestination(destination, protocol, ports(destination)),
      ),
      options: JSON.parse(route.options) as object,
      metadata: metadata(route.guid),
      relationships: { space: { data: { guid: route.space_guid } }, domain: { data: { guid: route.domain_guid } } },
      links: {
        self: api.links.to(path),
        space: api.links.to(`/v3/spaces/${route.space_guid}`),
        destinations: api.links.to(`${path}/destinations`),
        domain: api.links.to(`/v3/domains/${route.domain_guid}`),
      },
    };
  });
}

/** Sorted by guid, as CC shows them. */
export async function destinationsOf(api: CcApi, routeGuids: readonly string[]): Promise<Destination[]> {
  if (routeGuids.length === 0) return [];
  return api.db
    .selectFrom("route_destinations")
    .where("route_guid", "in", routeGuids)
    .orderBy("guid")
    .selectAll()
    .execute();
}

/** The port shown for a destination: its own, else what the app's image exposes, else 8080. */
export async function portsOf(
  api: CcApi,
  destinations: readonly Destination[],
): Promise<(destination: Destination) => number> {
  const unnamed = destinations.filter((destination) => destination.app_port === null).map(({ app_guid }) => app_guid);
  const rows =
    unnamed.length === 0
      ? []
      : await api.db
          .selectFrom("apps")
          .innerJoin("droplets", "droplets.guid", "apps.droplet_guid")
          .where("apps.guid", "in", [...new Set(unnamed)])
          .select(["apps.guid", "droplets.execution_metadata"])
          .execute();
  const exposed = new Map(rows.map((row) => [row.guid, exposedPort(row.execution_metadata)]));
  return (destination) => destination.app_port ?? exposed.get(destination.app_guid) ?? DEFAULT_APP_PORT;
}

/** CC: presenters/v3/route_destination_presenter.rb */
export function presentDestination(destination: Destination, protocol: "http" | "tcp", port: number): object {
  return {
    guid: destination.guid,
    app: { guid: destination.app_guid, process: { type: destination.process_type } },
    weight: destination.weight,
    port,
    protocol: destination.protocol === "http2" ? "http2" : protocol === "tcp" ? "tcp" : "http1",
    created_at: presentTime(destination.created_at),
    updated_at: presentTime(destination.updated_at),
  };
}

export function destinationLinks(links: Links, routeGuid: string): object {
  const path = `/v3/routes/${routeGuid}`;
  return { self: links.to(`${path}/destinations`), route: links.to(path) };
}
