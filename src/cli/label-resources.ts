import type { Input } from "./args.ts";
import { type Buildpack, buildpackByName, whichText } from "./buildpack-details.ts";
import type { Cli } from "./cli.ts";
import { type Command, value } from "./command.ts";
import { argumentsCannotCombine, CliError, isNotFound, orNull } from "./errors.ts";
import type { Route } from "./resources.ts";
import { policiesOfRoute, policyNotFound } from "./route-policy-source.ts";
import { findHttpRoute, findRoute, httpRouteNotFound, type RouteParts } from "./routes.ts";
import { serviceBrokerByName } from "./service-brokers.ts";
import { serviceInstanceByName } from "./service-instances.ts";
import { serviceOfferingByName } from "./service-offerings.ts";
import { servicePlanByName } from "./service-plans.ts";
import { stackByName } from "./stack-details.ts";

/** Something of the API that carries labels. */
export interface Labelled {
  readonly guid: string;
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
}

/** What the arguments and flags of labels, set-label and unset-label name. */
export interface LabelTarget {
  /** As written. */
  readonly type: string;
  readonly name: string;
  readonly stack: string;
  readonly lifecycle: string;
  readonly broker: string;
  readonly offering: string;
  readonly source: string;
}

interface Kind {
  /** Of the v3 API. */
  readonly path: string;
  /** What must be targeted. */
  readonly needs: "login" | "org" | "space";
  readonly find: (cli: Cli, target: LabelTarget) => Promise<Labelled>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  app: { path: "/v3/apps", needs: "space", find: (cli, { name }) => cli.appByName(name) },
  buildpack: {
    path: "/v3/buildpacks",
    needs: "login",
    find: (cli, target) => buildpackByName<Buildpack & Labelled>(cli, target),
  },
  domain: { path: "/v3/domains", needs: "login", find: (cli, { name }) => cli.domainByName(name) },
  org: { path: "/v3/organizations", needs: "login", find: (cli, { name }) => cli.orgByName(name) },
  route: { path: "/v3/routes", needs: "space", find: (cli, { name }) => routeByUrl(cli, name) },
  "route-policy": { path: "/v3/route_policies", needs: "space", find: routePolicy },
  "service-broker": {
    path: "/v3/service_brokers",
    needs: "login",
    find: (cli, { name }) => serviceBrokerByName(cli, name),
  },
  "service-instance": {
    path: "/v3/service_instances",
    needs: "space",
    find: (cli, { name }) => serviceInstanceByName(cli, name),
  },
  "service-offering": {
    path: "/v3/service_offerings",
    needs: "login",
    find: (cli, { name, broker }) => serviceOfferingByName(cli, name, broker),
  },
  "service-plan": {
    path: "/v3/service_plans",
    needs: "login",
    find: (cli, { name, offering, broker }) => servicePlanByName(cli, { plan: name, offering, broker }),
  },
  space: { path: "/v3/spaces", needs: "org", find: (cli, { name }) => cli.spaceByName(name, cli.org.guid) },
  stack: { path: "/v3/stacks", needs: "login", find: (cli, { name }) => stackByName(cli, name) },
};

export const LABEL_FLAGS: NonNullable<Command["flags"]> = [
  value("--stack -s", "Specify stack to disambiguate buildpacks with the same name"),
  value("--lifecycle -l", "Specify lifecycle to disambiguate buildpacks with the same name"),
  value(
    "--broker -b",
    "Specify a service broker to disambiguate service offerings or service plans with the same name.",
  ),
  value("--offering -e", "Specify a service offering to disambiguate service plans with the same name."),
  value("--source", "Specify a route policy source to disambiguate when a route has multiple policies"),
];

export const LABEL_RESOURCES = `RESOURCES:\n${Object.keys(KINDS)
  .map((kind) => `   ${kind}`)
  .join("\n")}`;

export function labelTarget(input: Input): LabelTarget {
  const given = (flag: string): string => input.text(flag) ?? "";
  return {
    type: input.arg(0),
    name: input.arg(1),
    stack: given("stack"),
    lifecycle: given("lifecycle"),
    broker: given("broker"),
    offering: given("offering"),
    source: given("source"),
  };
}

/** Throws for flags that do not go with the type, then for a type that is none. cli: command/v7/label_updater.go */
export function kindOf(target: LabelTarget): Kind {
  const type = target.type.toLowerCase();
  const wrong = [
    [target.stack, ["buildpack"], "--stack, -s"],
    [target.broker, ["service-offering", "service-plan"], "--broker, -b"],
    [target.offering, ["service-plan"], "--offering, -o"],
    [target.source, ["route-policy"], "--source"],
  ] as const;
  for (const [given, types, names] of wrong) {
    if (given !== "" && !(types as readonly string[]).includes(type)) throw argumentsCannotCombine(target.type, names);
  }
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) throw new CliError(`Unsupported resource type of '${target.type}'`);
  return kind;
}

/** ` in org O / space S`, ` from service offering O / service broker B`, … */
export function labelPlace({ org, space, ui }: Cli, target: LabelTarget): string {
  const type = target.type.toLowerCase();
  const bright = (value: string): string => ui.bright(value);
  if (type === "buildpack") return whichText(target, bright);
  if (type === "service-offering" || type === "service-plan") {
    const from = [
      target.offering === "" ? "" : `service offering ${bright(target.offering)}`,
      target.broker === "" ? "" : `service broker ${bright(target.broker)}`,
    ].filter((part) => part !== "");
    return from.length === 0 ? "" : ` from ${from.join(" / ")}`;
  }
  const { needs } = kindOf(target);
  if (needs === "space") return ` in org ${bright(org.name)} / space ${bright(space.name)}`;
  return needs === "org" ? ` in org ${bright(org.name)}` : "";
}

/** Sets labels, or takes away those whose value is null; the whole of set-label and unset-label. */
export async function changeLabels(
  cli: Cli,
  target: LabelTarget,
  verb: "Setting" | "Removing",
  labels: Readonly<Record<string, string | null>>,
): Promise<void> {
  const { ui, cc } = cli;
  const kind = kindOf({ ...target, type: target.type.toLowerCase() });
  const user = cli.requireTarget(kind.needs);
  const type = target.type.toLowerCase();
  const name = ui.bright(target.name);
  ui.text(`${verb} label(s) for ${type} ${name}${labelPlace(cli, target)} as ${ui.bright(user.name)}...`);
  const { guid } = await kind.find(cli, target);
  await cc.waitForJob(await cc.send("PATCH", `${kind.path}/${guid}`, { json: { metadata: { labels } } }));
  ui.ok();
}

/** `host.example.com/path`, of which the first word may be part of the domain. cli: actor/v7action/route.go, GetRoute */
async function routeByUrl(cli: Cli, url: string): Promise<Route & Labelled> {
  const [, name = "", port, path = ""] = /^([^/:]*)(?::([^/]*))?(\/.*)?$/s.exec(url) ?? [];
  const dot = name.indexOf(".");
  const whole = await orNull(cli.domainByName(name), (error) => isNotFound(error) && dot > 0);
  const domain = whole ?? (await cli.domainByName(name.slice(dot + 1)));
  const parts: RouteParts = { host: whole === null ? name.slice(0, dot) : "", path, port: port ? Number(port) : null };
  const isTcp = domain.supported_protocols.includes("tcp");
  const route = await (isTcp ? findRoute(cli, domain, parts) : findHttpRoute(cli, domain, parts));
  if (route.relationships.space.data?.guid === cli.space.guid) return route;
  throw httpRouteNotFound(domain.name, parts);
}

async function routePolicy(cli: Cli, { name, source }: LabelTarget): Promise<Labelled> {
  const policies = await policiesOfRoute(cli, (await routeByUrl(cli, name)).guid);
  const [first] = source === "" ? policies : policies.filter((policy) => policy.source === source);
  if (first === undefined) throw policyNotFound(source);
  if (source === "" && policies.length > 1) {
    throw new CliError(`Route '${name}' has ${policies.length} policies. Specify one with --source.`);
  }
  return first;
}
