import { type Command, value } from "../command.ts";
import { CliError, NotFound } from "../errors.ts";
import { destinationOf, findRoute, HTTP_ROUTE_FLAGS, routeParts, routeUrl } from "../routes.ts";

export const command: Command = {
  usage: `Edit an existing HTTP route:
   cf update-destination APP_NAME DOMAIN [--hostname HOSTNAME] [--app-protocol PROTOCOL] [--path PATH]

EXAMPLES:
   cf update-destination my-app example.com --hostname myhost --app-protocol http2                   # myhost.example.com
   cf update-destination my-app example.com --hostname myhost --path foo --app-protocol http2        # myhost.example.com/foo`,
  args: [{ name: "APP_NAME" }, { name: "DOMAIN" }],
  flags: [
    HTTP_ROUTE_FLAGS[0]!,
    value("--app-protocol", "New Protocol for the route destination (http1 or http2). Only applied to HTTP routes"),
    HTTP_ROUTE_FLAGS[1]!,
  ],
  related: "create-route, map-route, routes, unmap-route",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const parts = routeParts(input);
    const user = cli.requireTarget("space");
    const appName = input.arg(0);
    const domain = await cli.domainByName(input.arg(1));
    const app = await cli.appByName(appName);
    const route = await findRoute(cli, domain, parts).catch((error: unknown) => {
      if (error instanceof NotFound) ui.text("Route to be updated does not exist.");
      throw error;
    });
    const destination = destinationOf(route, app.guid);
    if (destination === undefined) {
      ui.text("Route's destination to be updated does not exist.");
      throw new NotFound(
        `Destination with app guid '${app.guid}' and process type 'web' for route with guid '${route.guid}' not found.`,
      );
    }
    const protocol = input.text("app-protocol") || "http1";
    if (protocol === "tcp") throw new CliError("Destination protocol must be 'http1' or 'http2'");
    if (destination.protocol === protocol) {
      ui.text(` App '${appName}' is already using '${protocol}'. Nothing has been updated`);
      ui.ok();
      return;
    }
    const url = routeUrl(domain.name, parts);
    ui.flavor`Updating destination protocol from ${destination.protocol ?? ""} to ${protocol} for route ${url} in org ${org.name} / space ${space.name} as ${user.name}...`;
    await cc.patch(`/v3/routes/${route.guid}/destinations/${destination.guid}`, { protocol });
    ui.ok();
  },
};
