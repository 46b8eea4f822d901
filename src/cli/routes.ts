import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { value } from "./command.ts";
import { NotFound, UsageError } from "./errors.ts";
import type { Destination, Domain, Route } from "./resources.ts";

export const ROUTE_FLAGS = [
  value("--hostname -n", "Hostname for the HTTP route (required for shared domains)"),
  value("--path", "Path for the HTTP route"),
  value("--port", "Port for the TCP route"),
];

/** Host, path and port that a command names. */
export interface RouteParts {
  readonly host: string;
  /** With its slash; empty: none. */
  readonly path: string;
  readonly port: number | null;
}

/** Throws `UsageError` for a port that is no number. */
export function routeParts(input: Input): RouteParts {
  const path = input.text("path") ?? "";
  const port = input.text("port");
  if (port !== undefined && !/^\d{1,5}$/.test(port)) {
    throw new UsageError(`Incorrect Usage: invalid argument for flag \`--port' (expected int)`);
  }
  return {
    host: input.text("hostname") ?? "",
    path: path === "" || path.startsWith("/") ? path : `/${path}`,
    port: port === undefined ? null : Number(port),
  };
}

export function routeUrl(domainName: string, { host, path, port }: RouteParts): string {
  return `${host === "" ? "" : `${host}.`}${domainName}${path}${port === null ? "" : `:${port}`}`;
}

/** Throws `NotFound`. */
export async function findRoute(cli: Cli, domain: Domain, parts: RouteParts): Promise<Route> {
  const isTcp = domain.supported_protocols.includes("tcp");
  const { resources } = await cli.cc.list<Route>("/v3/routes", {
    domain_guids: domain.guid,
    hosts: parts.host,
    paths: parts.path,
    ...(isTcp ? { ports: parts.port ?? 0 } : {}),
  });
  const [route] = resources;
  if (route !== undefined) return route;
  if (isTcp) throw new NotFound(`Route with domain '${domain.name}' and port ${parts.port ?? 0} not found.`);
  throw httpRouteNotFound(domain, parts);
}

/** The route without regard to ports, as commands ask that are for HTTP routes alone. Throws `NotFound`. */
export async function findHttpRoute(cli: Cli, domain: Domain, parts: RouteParts): Promise<Route> {
  const query = { domain_guids: domain.guid, hosts: parts.host, paths: parts.path };
  const [route] = (await cli.cc.list<Route>("/v3/routes", query)).resources;
  if (route === undefined) throw httpRouteNotFound(domain, parts);
  return route;
}

function httpRouteNotFound(domain: Domain, { host, path }: RouteParts): NotFound {
  return new NotFound(
    `Route with host '${host}', domain '${domain.name}', and path '${path === "" ? "/" : path}' not found.`,
  );
}

export async function createRoute(
  cli: Cli,
  domain: Domain,
  parts: RouteParts,
  options: Readonly<Record<string, string>>,
): Promise<Route> {
  return await cli.cc.post<Route>("/v3/routes", {
    ...(parts.host === "" ? {} : { host: parts.host }),
    ...(parts.path === "" ? {} : { path: parts.path }),
    ...(parts.port === null ? {} : { port: parts.port }),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    relationships: { space: { data: { guid: cli.space.guid } }, domain: { data: { guid: domain.guid } } },
  });
}

/** `-o loadbalancing=round-robin` → pairs. Throws `UsageError`. */
export function routeOptions(input: Input): Record<string, string> {
  const options: Record<string, string> = {};
  for (const word of input.list("option")) {
    const equals = word.indexOf("=");
    if (equals < 1) throw new UsageError(`Incorrect Usage: route option '${word}' is not of the form OPTION=VALUE`);
    options[word.slice(0, equals)] = word.slice(equals + 1);
  }
  return options;
}

/** The destination of a route that is this app's web process. */
export function destinationOf(route: Route, appGuid: string): Destination | undefined {
  return route.destinations.find(({ app }) => app.guid === appGuid && app.process.type === "web");
}
