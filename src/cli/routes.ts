import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { value } from "./command.ts";
import { CliError, NotFound } from "./errors.ts";
import { portNumber } from "./flag-values.ts";
import type { Destination, Domain, Route } from "./resources.ts";

/** Of commands that are for HTTP routes alone. */
export const HTTP_ROUTE_FLAGS = [
  value("--hostname -n", "Hostname for the HTTP route (required for shared domains)"),
  value("--path", "Path for the HTTP route"),
];

export const ROUTE_FLAGS = [...HTTP_ROUTE_FLAGS, value("--port", "Port for the TCP route (default: random port)")];

/** Of commands that look for a route. */
export const KNOWN_ROUTE_FLAGS = [
  value("--hostname -n", "Hostname used to identify the HTTP route"),
  value("--path", "Path used to identify the HTTP route"),
  value("--port", "Port used to identify the TCP route"),
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
  return {
    host: input.text("hostname") ?? "",
    path: path === "" || path.startsWith("/") ? path : `/${path}`,
    port: portNumber(input, "port") || null,
  };
}

export function routeUrl(domainName: string, { host, path, port }: RouteParts): string {
  return `${host === "" ? "" : `${host}.`}${domainName}${path}${port === null ? "" : `:${port}`}`;
}

/** Throws `NotFound`. */
export async function findRoute(cli: Cli, domain: Domain, parts: RouteParts): Promise<Route> {
  const isTcp = domain.supported_protocols.includes("tcp");
  const route = await cli.cc.first<Route>("/v3/routes", {
    domain_guids: domain.guid,
    hosts: parts.host,
    paths: parts.path,
    ...(isTcp ? { ports: parts.port ?? 0 } : {}),
  });
  if (route !== null) return route;
  if (parts.port) throw new NotFound(`Route with domain '${domain.name}' and port ${parts.port} not found.`);
  throw httpRouteNotFound(domain.name, parts);
}

/** The route without regard to ports, as commands ask that are for HTTP routes alone. Throws `NotFound`. */
export async function findHttpRoute(cli: Cli, domain: Domain, parts: RouteParts): Promise<Route> {
  const query = { domain_guids: domain.guid, hosts: parts.host, paths: parts.path };
  const route = await cli.cc.first<Route>("/v3/routes", query);
  if (route === null) throw httpRouteNotFound(domain.name, parts);
  return route;
}

export function httpRouteNotFound(domainName: string, { host, path }: Omit<RouteParts, "port">): NotFound {
  return new NotFound(
    `Route with host '${host}', domain '${domainName}', and path '${path === "" ? "/" : path}' not found.`,
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

/** `-o loadbalancing=round-robin` → pairs. Throws for one without an equals sign. cli: actionerror/route_option_error.go */
export function routeOptions(input: Input, domainName: string): Record<string, string> {
  const options: Record<string, string> = {};
  for (const word of input.list("option")) {
    const equals = word.indexOf("=");
    if (equals < 0) {
      const { host, path } = routeParts(input);
      throw new CliError(
        `Route option '${word}' for route with host '${host}', domain '${domainName}', and path '${path === "" ? "/" : path}' was specified incorrectly. Please use key-value pair format key=value.`,
      );
    }
    options[word.slice(0, equals)] = word.slice(equals + 1);
  }
  return options;
}

/** ` {loadbalancing=round-robin}`, with the official space before it; empty without options. */
export function optionsText(options: Route["options"]): string {
  const pairs = Object.entries(options ?? {}).map(([name, option]) => `${name}=${option}`);
  return pairs.length === 0 ? "" : ` {${pairs.join(", ")}}`;
}

/** The destination of a route that is this app's web process. */
export function destinationOf(route: Route, appGuid: string): Destination | undefined {
  return route.destinations.find(({ app }) => app.guid === appGuid && app.process.type === "web");
}
