import { CcFailure } from "../cloud-controller.ts";
import { type Command, list } from "../command.ts";
import { createRoute, ROUTE_FLAGS, routeOptions, routeParts, routeUrl } from "../routes.ts";

export const command: Command = {
  usage: `Create an HTTP route:
   cf create-route DOMAIN [--hostname HOSTNAME] [--path PATH] [--option OPTION=VALUE]
Create a TCP route:
   cf create-route DOMAIN [--port PORT] [--option OPTION=VALUE]

EXAMPLES:
   cf create-route example.com                             # example.com
   cf create-route example.com --hostname myapp            # myapp.example.com
   cf create-route example.com --hostname myapp --path foo # myapp.example.com/foo
   cf create-route example.com --port 5000                 # example.com:5000`,
  args: [{ name: "DOMAIN" }],
  flags: [...ROUTE_FLAGS, list("--option -o", "Set the value of a per-route option")],
  related: "check-route, domains, map-route, routes, unmap-route, update-route",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const parts = routeParts(input);
    const url = routeUrl(input.arg(0), parts);
    ui.flavor`Creating route ${url} for org ${org.name} / space ${space.name} as ${user.name}...`;
    const options = routeOptions(input, input.arg(0));
    try {
      const route = await createRoute(cli, await cli.domainByName(input.arg(0)), parts, options);
      ui.text(`Route ${route.url} has been created.`);
    } catch (error) {
      if (!(error instanceof CcFailure) || !error.message.includes("Route already exists")) throw error;
      ui.warn(error.message);
    }
    ui.ok();
  },
};
