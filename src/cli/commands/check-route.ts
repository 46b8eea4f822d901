import type { Command } from "../command.ts";
import { KNOWN_ROUTE_FLAGS, routeParts, routeUrl } from "../routes.ts";

export const command: Command = {
  usage: `Check an HTTP route:
   cf check-route DOMAIN [--hostname HOSTNAME] [--path PATH]
Check a TCP route:
   cf check-route DOMAIN --port PORT

EXAMPLES:
   cf check-route example.com                      # example.com
   cf check-route example.com -n myhost --path foo # myhost.example.com/foo
   cf check-route example.com --path foo           # example.com/foo
   cf check-route example.com --port 5000          # example.com:5000`,
  args: [{ name: "DOMAIN" }],
  flags: KNOWN_ROUTE_FLAGS,
  related: "create-route, delete-route, routes",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const { host, path, port } = routeParts(input);
    cli.requireTarget("org");
    ui.text("Checking for route...");
    const domain = await cli.domainByName(input.arg(0));
    const { matching_route: exists } = await cc.get<{ matching_route: boolean }>(
      `/v3/domains/${domain.guid}/route_reservations`,
      {
        ...(host === "" ? {} : { host }),
        ...(path === "" ? {} : { path }),
        ...(port === null ? {} : { port }),
      },
    );
    ui.text(`Route '${routeUrl(input.arg(0), { host, path, port })}' does ${exists ? "" : "not "}exist.`);
    ui.ok();
  },
};
