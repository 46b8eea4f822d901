import type { Command } from "../command.ts";
import type { Resource, Route } from "../resources.ts";
import { findRoute, KNOWN_ROUTE_FLAGS, optionsText, routeParts } from "../routes.ts";
import { tableLines } from "../table.ts";

export const command: Command = {
  usage: `Display an HTTP route:
   cf route DOMAIN [--hostname HOSTNAME] [--path PATH]
Display a TCP route:
   cf route DOMAIN --port PORT

EXAMPLES:
   cf route example.com                      # example.com
   cf route example.com -n myhost --path foo # myhost.example.com/foo
   cf route example.com --path foo           # example.com/foo
   cf route example.com --port 5000          # example.com:5000`,
  args: [{ name: "DOMAIN" }],
  flags: KNOWN_ROUTE_FLAGS,
  related: "create-route, delete-route, routes",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const parts = routeParts(input);
    const user = cli.requireTarget("org");
    const domain = await cli.domainByName(input.arg(0));
    const { host, path, port } = parts;
    const url = `${host === "" ? "" : `${host}.`}${domain.name}${port === null ? "" : `:${port}`}${path}`;
    ui.flavor` Showing route ${url} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const route = await findRoute(cli, domain, parts);
    const appGuids = route.destinations.map(({ app }) => app.guid);
    const { resources: apps } = await cc.listBy<Resource>("/v3/apps", "guids", appGuids);
    ui.keyValues([
      ["domain:", domain.name],
      ["host:", route.host],
      ["port:", route.port === null || route.port === undefined ? "" : String(route.port)],
      ["path:", route.path],
      ["protocol:", route.protocol],
      ["options:", optionsText(route.options)],
    ]);
    ui.text();
    ui.text("Destinations:");
    for (const line of destinationLines(route, apps)) ui.text(`\t${line}`);
  },
};

function destinationLines(route: Route, apps: readonly Resource[]): string[] {
  if (route.destinations.length === 0) return [];
  const rows = route.destinations.map(({ app, port, protocol }) => [
    apps.find(({ guid }) => guid === app.guid)?.name ?? "",
    app.process.type,
    port === null ? "" : String(port),
    protocol ?? "",
  ]);
  return tableLines([["app", "process", "port", "app-protocol"], ...rows]);
}
