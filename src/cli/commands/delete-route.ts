import { type Command, flag } from "../command.ts";
import { NotFound } from "../errors.ts";
import type { Domain } from "../resources.ts";
import { findRoute, KNOWN_ROUTE_FLAGS, routeParts, routeUrl } from "../routes.ts";

export const command: Command = {
  usage: `Delete an HTTP route:
   cf delete-route DOMAIN [--hostname HOSTNAME] [--path PATH] [-f]
Delete a TCP route:
   cf delete-route DOMAIN --port PORT [-f]`,
  args: [{ name: "DOMAIN" }],
  flags: [flag("-f", "Force deletion without confirmation"), ...KNOWN_ROUTE_FLAGS],
  related: "delete-orphaned-routes, routes, unmap-route",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    cli.requireTarget("org");
    const parts = routeParts(input);
    const url = routeUrl(input.arg(0), parts);
    ui.text("This action impacts all apps using this route.");
    ui.text("Deleting this route will make apps unreachable via this route.");
    if (!input.has("f") && !(await cli.ask.yesNo(`Really delete the route ${url}?`))) {
      ui.text(`'${url}' has not been deleted.`);
      return;
    }
    ui.flavor`Deleting route ${url}...`;
    let domain: Domain;
    try {
      domain = await cli.domainByName(input.arg(0));
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.warn(error.message);
      ui.ok();
      return;
    }
    try {
      const route = await findRoute(cli, domain, parts);
      await cc.delete(`/v3/routes/${route.guid}`);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.text(`Unable to delete. ${error.message}`);
    }
    ui.ok();
  },
};
