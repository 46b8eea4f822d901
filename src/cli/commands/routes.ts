import type { Cli } from "../cli.ts";
import { includedNames } from "../cloud-controller.ts";
import { type Command, flag, value } from "../command.ts";
import type { Resource, Route, ToOne } from "../resources.ts";
import { optionsText } from "../routes.ts";

export const command: Command = {
  usage: "cf routes [--org-level]",
  flags: [
    flag("--org-level", "List all the routes for all spaces of current organization"),
    value("--labels", "Selector to filter routes by labels"),
  ],
  related: "check-route, create-route, domains, map-route, unmap-route",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const orgLevel = input.has("org-level");
    if (orgLevel) ui.flavor`Getting routes for org ${org.name} as ${user.name}...\n`;
    else ui.flavor`Getting routes for org ${org.name} / space ${space.name} as ${user.name}...\n`;
    const where = orgLevel ? { organization_guids: org.guid } : { space_guids: space.guid };
    const { resources: routes } = await cc.list<Route>("/v3/routes", {
      ...where,
      label_selector: input.text("labels"),
    });
    if (routes.length === 0) {
      ui.text("No routes found.");
      return;
    }
    const spaceGuids = routes.map((route) => route.relationships.space.data?.guid ?? "");
    const appGuids = routes.flatMap((route) => route.destinations.map(({ app }) => app.guid));
    const spaces = await namesOf(cli, "/v3/spaces", spaceGuids);
    const apps = await namesOf(cli, "/v3/apps", appGuids);
    const services = await servicesOf(
      cli,
      routes.map(({ guid }) => guid),
    );
    const rows = routes.map((route) => {
      const { destinations, host, path, port } = route;
      const protocols = new Set(destinations.map(({ protocol }) => protocol ?? ""));
      const ports = new Set(destinations.flatMap((to) => (to.port === null ? [] : [String(to.port)])));
      return [
        spaces.get(route.relationships.space.data?.guid ?? "") ?? "",
        host,
        domainOf(route),
        port === null || port === undefined ? "" : String(port),
        path,
        route.protocol,
        [...protocols].sort().join(", "),
        [...ports].sort().join(", "),
        destinations.map(({ app }) => apps.get(app.guid) ?? "").join(", "),
        services.get(route.guid) ?? "",
        optionsText(route.options),
      ];
    });
    rows.sort(([left = ""], [right = ""]) => left.toLowerCase().localeCompare(right.toLowerCase()));
    const head = ["space", "host", "domain", "port", "path", "protocol", "app-protocol", "app-port", "apps"];
    ui.table([[...head, "service instance", "options"], ...rows]);
  },
};

/** The URL without host, path and port. */
function domainOf({ url, host, path, port }: Route): string {
  let domain = url;
  if (host !== "" && domain.startsWith(`${host}.`)) domain = domain.slice(host.length + 1);
  if (path !== "" && domain.endsWith(path)) domain = domain.slice(0, -path.length);
  if (port !== null && domain.endsWith(`:${port}`)) domain = domain.slice(0, -String(port).length - 1);
  return domain;
}

async function namesOf({ cc }: Cli, path: string, guids: readonly string[]): Promise<Map<string, string>> {
  const known = guids.filter((guid) => guid !== "");
  const { resources } = await cc.listBy<Resource>(path, "guids", known);
  return new Map(resources.map(({ guid, name }) => [guid, name]));
}

interface RouteBinding {
  readonly guid: string;
  readonly relationships: { readonly route: ToOne; readonly service_instance: ToOne };
}

/** Route guid → name of the service instance bound to it. */
async function servicesOf({ cc }: Cli, routeGuids: readonly string[]): Promise<Map<string, string>> {
  const path = "/v3/service_route_bindings";
  const query = { include: "service_instance" };
  const { resources, included } = await cc.listBy<RouteBinding>(path, "route_guids", routeGuids, query);
  const nameOf = includedNames(included, "service_instances");
  return new Map(
    resources.map(({ relationships: { route, service_instance } }) => [
      route.data?.guid ?? "",
      nameOf(service_instance),
    ]),
  );
}
