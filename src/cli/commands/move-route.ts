import type { Command } from "../command.ts";
import { routeAndSpace, routeSpaceFlags, routeSpaceUsage } from "../route-spaces.ts";

export const command: Command = {
  usage: routeSpaceUsage("move-route", "Transfers the ownership of a route to a another space"),
  args: [{ name: "DOMAIN" }],
  flags: routeSpaceFlags(
    "The org of the destination app (Default: targeted org)",
    "The space of the destination app (Default: targeted space)",
  ),
  related: "create-route, map-route, routes, unmap-route",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("space");
    const { route, space, url } = await routeAndSpace(cli, input, "Can not transfer ownership of route:");
    ui.flavor`Move ownership of route ${url} to space ${space.name} as ${user.name}`;
    await cc.patch(`/v3/routes/${route.guid}/relationships/space`, { data: { guid: space.guid } });
    ui.ok();
  },
};
