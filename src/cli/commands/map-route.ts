import { type Command, list, value } from "../command.ts";
import { CliError, NotFound } from "../errors.ts";
import { portNumber } from "../flag-values.ts";
import type { Route } from "../resources.ts";
import { createRoute, destinationOf, findRoute, ROUTE_FLAGS, routeOptions, routeParts, routeUrl } from "../routes.ts";

export const command: Command = {
  usage: `Map an HTTP route:
   cf map-route APP_NAME DOMAIN [--hostname HOSTNAME] [--path PATH] [--app-protocol PROTOCOL] [--app-port PORT] [--option OPTION=VALUE]
Map a TCP route:
   cf map-route APP_NAME DOMAIN [--port PORT] [--option OPTION=VALUE]

EXAMPLES:
   cf map-route my-app example.com                              # example.com
   cf map-route my-app example.com --hostname myhost            # myhost.example.com
   cf map-route my-app example.com --hostname myhost --path foo # myhost.example.com/foo
   cf map-route my-app example.com --port 5000                  # example.com:5000`,
  args: [{ name: "APP_NAME" }, { name: "DOMAIN" }],
  flags: [
    ...ROUTE_FLAGS,
    value(
      "--app-protocol",
      "[Beta flag, subject to change] Protocol for the route destination (default: http1). Only applied to HTTP routes",
    ),
    value(
      "--app-port",
      "[Beta flag, subject to change] App port for the route destination (default: 8080). Only applied to HTTP routes",
    ),
    list("--option -o", "Set the value of a per-route option"),
  ],
  related: "create-route, routes, unmap-route, update-route",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const parts = routeParts(input);
    const appPort = portNumber(input, "app-port");
    const name = input.arg(0);
    const domain = await cli.domainByName(input.arg(1));
    const app = await cli.appByName(name);
    let route: Route;
    try {
      route = await findRoute(cli, domain, parts);
      if (input.has("option")) {
        throw new CliError(
          "Route option support: 'Route specific options can only be specified for nonexistent routes.'",
        );
      }
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      const options = routeOptions(input, domain.name);
      ui.flavor`Creating route ${routeUrl(domain.name, parts)} for org ${org.name} / space ${space.name} as ${user.name}...`;
      route = await createRoute(cli, domain, parts, options);
      ui.ok();
    }
    const protocol = input.text("app-protocol");
    if (protocol === undefined) {
      ui.flavor`Mapping route ${route.url} to app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    } else {
      ui.flavor`Mapping route ${route.url} to app ${name} with protocol ${protocol} in org ${org.name} / space ${space.name} as ${user.name}...`;
    }
    if (destinationOf(route, app.guid) !== undefined) {
      ui.text(`App '${name}' is already mapped to route '${route.url}'. Nothing has been updated.`);
    } else {
      const destination = {
        app: { guid: app.guid, process: { type: "web" } },
        ...(protocol === undefined ? {} : { protocol }),
        ...(appPort === undefined ? {} : { port: appPort }),
      };
      await cc.post(`/v3/routes/${route.guid}/destinations`, { destinations: [destination] });
    }
    ui.ok();
  },
};
