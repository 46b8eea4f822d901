import { type Command, list } from "../command.ts";
import { CliError } from "../errors.ts";
import type { Route } from "../resources.ts";
import { findRoute, HTTP_ROUTE_FLAGS, routeOptions, routeParts, routeUrl } from "../routes.ts";

export const command: Command = {
  usage: `Update an existing HTTP route:
   cf update-route DOMAIN [--hostname HOSTNAME] [--path PATH] [--option OPTION=VALUE] [--remove-option OPTION]

EXAMPLES:
   cf update-route example.com -o loadbalancing=round-robin                                            # use round-robin load balancing for route
   cf update-route example.com -o loadbalancing=hash -o hash_header=My-Hash-Header -o hash_balance=1.3 # use hash-based load balancing with balance factor
   cf update-route example.com -r loadbalancing                                                        # remove load balancing option
   cf update-route example.com --hostname myhost --path foo -o loadbalancing=round-robin               # update route myhost.example.com/foo`,
  args: [{ name: "DOMAIN" }],
  flags: [
    ...HTTP_ROUTE_FLAGS,
    list("--option -o", "Set the value of a per-route option"),
    list("--remove-option -r", "Remove an option with the given name"),
  ],
  related: "check-route, domains, map-route, routes, unmap-route",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const parts = routeParts(input);
    const user = cli.requireTarget("space");
    const domain = await cli.domainByName(input.arg(0));
    const route = await findRoute(cli, domain, parts);
    const removed = input.list("remove-option");
    if (!input.has("option") && removed.length === 0) {
      throw new CliError(`Route option support: 'No options were specified for the update of the Route ${route.url}'`);
    }
    const options = routeOptions(input, domain.name);
    if (input.has("option")) {
      const url = routeUrl(domain.name, parts);
      ui.flavor`Updating route ${url} for org ${org.name} / space ${space.name} as ${user.name}...`;
      await cc.patch<Route>(`/v3/routes/${route.guid}`, { options });
    }
    if (removed.length > 0) {
      const none = Object.fromEntries(removed.map((name) => [name, null]));
      await cc.patch<Route>(`/v3/routes/${route.guid}`, { options: none });
    }
    ui.text(`Route ${route.url} has been updated`);
    ui.ok();
  },
};
