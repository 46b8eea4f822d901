import type { Command } from "../command.ts";
import { destinationOf, findRoute, KNOWN_ROUTE_FLAGS, routeParts, routeUrl } from "../routes.ts";

export const command: Command = {
  usage: `Unmap an HTTP route:
   cf unmap-route APP_NAME DOMAIN [--hostname HOSTNAME] [--path PATH]
Unmap a TCP route:
   cf unmap-route APP_NAME DOMAIN --port PORT

EXAMPLES:
   cf unmap-route my-app example.com                              # example.com
   cf unmap-route my-app example.com --hostname myhost            # myhost.example.com
   cf unmap-route my-app example.com --hostname myhost --path foo # myhost.example.com/foo
   cf unmap-route my-app example.com --port 5000                  # example.com:5000`,
  args: [{ name: "APP_NAME" }, { name: "DOMAIN" }],
  flags: KNOWN_ROUTE_FLAGS,
  related: "delete-route, map-route, routes",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const parts = routeParts(input);
    const name = input.arg(0);
    const domain = await cli.domainByName(input.arg(1));
    const app = await cli.appByName(name);
    const route = await findRoute(cli, domain, parts);
    const url = routeUrl(domain.name, parts);
    ui.flavor`Removing route ${url} from app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const destination = destinationOf(route, app.guid);
    if (destination === undefined || destination.guid === null) {
      ui.text("Route to be unmapped is not currently mapped to the application.");
    } else await cc.send("DELETE", `/v3/routes/${route.guid}/destinations/${destination.guid}`);
    ui.ok();
  },
};
