import type { Command } from "../command.ts";
import { routeAndSpace, routeSpaceFlags, routeSpaceUsage } from "../route-spaces.ts";

export const command: Command = {
  usage: routeSpaceUsage("share-route", "Share an existing route in between two spaces"),
  args: [{ name: "DOMAIN" }],
  flags: routeSpaceFlags(
    "The org of the destination space (Default: targeted org)",
    "The space the route will be shared with (Default: targeted space)",
  ),
  related: "create-route, map-route, routes, unmap-route",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("space");
    const { route, space, url } = await routeAndSpace(cli, input, "Can not share route:");
    ui.flavor`Sharing route ${url} to space ${space.name} as ${user.name}`;
    await cc.post(`/v3/routes/${route.guid}/relationships/shared_spaces`, { data: [{ guid: space.guid }] });
    ui.ok();
  },
};
