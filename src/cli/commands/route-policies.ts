import type { Input } from "../args.ts";
import type { Cli } from "../cli.ts";
import type { Listing } from "../cloud-controller.ts";
import { type Command, value } from "../command.ts";
import type { Domain, ToOne } from "../resources.ts";
import type { RoutePolicy } from "../route-policy-source.ts";

export const command: Command = {
  usage: `cf route-policies [--domain DOMAIN] [--hostname HOSTNAME] [--path PATH] [--labels SELECTOR]

EXAMPLES:
   cf route-policies
   cf route-policies --domain apps.identity
   cf route-policies --domain apps.identity --hostname backend
   cf route-policies --labels env=prod`,
  flags: [
    value("--domain -d", "Filter by domain name"),
    value("--hostname -n", "Filter by hostname"),
    value("--path", "Filter by path"),
    value("--labels", "Selector to filter route policies by labels"),
  ],
  related: "add-route-policy, remove-route-policy, routes",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    ui.flavor`Getting route policies in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const { resources, included } = await cc.list<RoutePolicy>("/v3/route_policies", {
      space_guids: space.guid,
      include: ["route", "source"],
      label_selector: input.text("labels") || undefined,
    });
    const routes = await wantedRoutes(cli, input, included);
    const rows = resources.flatMap(({ source, relationships }) => {
      const route = routes.get(relationships.route.data?.guid ?? "");
      if (route === undefined) return [];
      const { scope, name } = sourceOf(source, included);
      return [[route.host, route.domain, route.path, source, scope, name]];
    });
    if (rows.length === 0) ui.text("No route policies found.");
    else ui.table([["host", "domain", "path", "source", "scope", "name"], ...rows]);
  },
};

type Included = Listing<never>["included"];

interface ShownRoute {
  readonly host: string;
  readonly path: string;
  readonly domain: string;
}

/** By guid: the routes that the flags do not leave out. Throws `NotFound` for a domain that is not there. */
async function wantedRoutes(cli: Cli, input: Input, included: Included): Promise<Map<string, ShownRoute>> {
  const [domainName, host, path] = [input.text("domain"), input.text("hostname"), input.text("path")];
  const names = new Map<string, string>();
  if (domainName && (included["routes"] ?? []).length > 0) {
    const domain = await cli.domainByName(domainName);
    names.set(domain.guid, domain.name);
  }
  const wanted = new Map<string, ShownRoute>();
  for (const route of included["routes"] ?? []) {
    const shown = { host: String(route["host"]), path: String(route["path"]) };
    const domainGuid = (route["relationships"] as { readonly domain: ToOne }).domain.data?.guid ?? "";
    if (domainName && !names.has(domainGuid)) continue;
    if ((host && shown.host !== host) || (path && shown.path !== path)) continue;
    const name = names.get(domainGuid) ?? (await cli.cc.get<Domain>(`/v3/domains/${domainGuid}`)).name;
    names.set(domainGuid, name);
    wanted.set(String(route["guid"]), { ...shown, domain: name });
  }
  return wanted;
}

/** `cf:app:GUID` → app and its name, if the answer included it. */
function sourceOf(source: string, included: Included): { readonly scope: string; readonly name: string } {
  if (source === "cf:any") return { scope: "any", name: "" };
  const [, scope = "", guid = ""] = /^cf:([a-z]+):(.+)$/.exec(source) ?? [];
  const kind = { app: "apps", space: "spaces", org: "organizations" }[scope];
  if (kind === undefined) return { scope: "unknown", name: "" };
  return { scope, name: String(included[kind]?.find((one) => one["guid"] === guid)?.["name"] ?? "") };
}
