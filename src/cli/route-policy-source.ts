import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { flag, required, value } from "./command.ts";
import { argumentsCannotCombine, CliError, IncorrectUsage, isNotFound, NotFound, orNull } from "./errors.ts";
import type { Route } from "./resources.ts";
import { httpRouteNotFound } from "./routes.ts";

/** Who may reach a route: `cf:app:GUID`, `cf:space:GUID`, `cf:org:GUID` or `cf:any`, and how it is told. */
export interface PolicySource {
  readonly source: string;
  readonly shown: string;
}

export interface RoutePolicy {
  readonly guid: string;
  readonly source: string;
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly relationships: { readonly route: { readonly data: { readonly guid: string } | null } };
}

export const POLICY_FLAGS = [
  value("--source-app", "App name to identify the source (resolves to GUID)"),
  value("--source-space", "Space name to identify the source (by name) or specify the space for --source-app"),
  value("--source-org", "Org name to identify the source (by name) or specify the org for --source-space/--source-app"),
  flag("--source-any", "Any authenticated app"),
  value("--source", "Raw source (cf:app:<guid>, cf:space:<guid>, cf:org:<guid>, or cf:any)"),
  required(value("--hostname -n", "Hostname for the route")),
  value("--path -p", "Path for the route"),
];

export const POLICY_SYNOPSIS =
  "DOMAIN --hostname HOSTNAME [--source-app APP_NAME [--source-space SPACE_NAME] [--source-org ORG_NAME] | --source-space SPACE_NAME [--source-org ORG_NAME] | --source-org ORG_NAME | --source-any | --source SOURCE] [--path PATH]";

/** Throws `IncorrectUsage` unless the flags name exactly one source. cli: command/v7/route_policy_source.go */
export function requireOneSource(input: Input): void {
  const [app, space, org] = [input.text("source-app"), input.text("source-space"), input.text("source-org")];
  if (org && app && !space) {
    throw new IncorrectUsage("'--source-org' and '--source-space' must be used together.");
  }
  const given = [
    ...(input.text("source") ? ["--source"] : []),
    ...(app ? ["--source-app"] : []),
    ...(space && !app ? ["--source-space"] : []),
    ...(org && !space && !app ? ["--source-org"] : []),
    ...(input.has("source-any") ? ["--source-any"] : []),
  ];
  if (given.length === 0) {
    throw new IncorrectUsage(
      "the required argument `one of: --source-app, --source-space, --source-org, --source-any, or --source` was not provided",
    );
  }
  if (given.length > 1) throw argumentsCannotCombine(...given);
}

/** Looks up what the flags name, from the targeted space on. Throws `NotFound`, and for a raw source that is none. */
export async function policySource(cli: Cli, input: Input): Promise<PolicySource> {
  const raw = input.text("source") ?? "";
  if (raw !== "") {
    requireSource(raw);
    return { source: raw, shown: `source: ${raw}` };
  }
  if (input.has("source-any")) return { source: "cf:any", shown: "scope: any, source: any authenticated app" };
  const [app, space, org] = [input.text("source-app"), input.text("source-space"), input.text("source-org")];
  const orgGuid = org ? (await cli.orgByName(org)).guid : cli.org.guid;
  const spaceGuid = space ? (await cli.spaceByName(space, orgGuid)).guid : cli.space.guid;
  const inOrg = org ? `org: ${org}` : "";
  if (app) {
    const guid = await appGuid(cli, app, spaceGuid, space !== undefined && space !== "");
    const where = space ? ` (space: ${space}${inOrg === "" ? "" : `, ${inOrg}`})` : "";
    return { source: `cf:app:${guid}`, shown: `scope: app, source: ${app}${where}` };
  }
  if (space) {
    const where = inOrg === "" ? "" : ` (${inOrg})`;
    return { source: `cf:space:${spaceGuid}`, shown: `scope: space, source: ${space}${where}` };
  }
  return { source: `cf:org:${orgGuid}`, shown: `scope: org, source: ${org}` };
}

async function appGuid(cli: Cli, name: string, spaceGuid: string, isSpaceNamed: boolean): Promise<string> {
  const app = await orNull(cli.appByName(name, spaceGuid), (error) => isNotFound(error) && !isSpaceNamed);
  if (app !== null) return app.guid;
  throw new NotFound(
    `App '${name}' not found in space '${cli.space.name}' / org '${cli.org.name}'.\nTIP: If the app is in a different space or org, use --source-space and/or --source-org flags.`,
  );
}

function requireSource(source: string): void {
  if (source.startsWith("cf:any")) {
    if (source !== "cf:any") throw new CliError("source 'cf:any' must not have a GUID suffix");
    return;
  }
  const prefix = ["cf:app:", "cf:space:", "cf:org:"].find((one) => source.startsWith(one));
  if (prefix === undefined) {
    throw new CliError("source must start with one of: cf:app:, cf:space:, cf:org:, or be exactly 'cf:any'");
  }
  if (source === prefix) throw new CliError(`source '${source}' must include a GUID (e.g., ${prefix}<guid>)`);
}

/** Throws `NotFound`. cli: actor/v7action/route_policy.go */
export async function policyRoute(cli: Cli, domainName: string, domainGuid: string, input: Input): Promise<Route> {
  const [host, path] = [input.text("hostname") ?? "", input.text("path") ?? ""];
  const query = {
    domain_guids: domainGuid,
    ...(host === "" ? {} : { hosts: host }),
    ...(path === "" ? {} : { paths: path }),
  };
  const route = await cli.cc.first<Route>("/v3/routes", query);
  if (route === null) throw httpRouteNotFound(domainName, { host, path });
  return route;
}

export async function policiesOfRoute({ cc }: Cli, routeGuid: string): Promise<readonly RoutePolicy[]> {
  return (await cc.list<RoutePolicy>("/v3/route_policies", { route_guids: routeGuid })).resources;
}

export function policyNotFound(source: string): NotFound {
  return new NotFound(`Route policy with source '${source}' not found.`);
}
