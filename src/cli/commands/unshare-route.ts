import type { Command } from "../command.ts";
import { routeAndSpace, routeSpaceFlags, routeSpaceUsage } from "../route-spaces.ts";

export const command: Command = {
  usage: routeSpaceUsage("unshare-route", "Unshare an existing route from a space"),
  args: [{ name: "DOMAIN" }],
  flags: routeSpaceFlags(
    "The org of the destination space (Default: targeted org)",
    "The space to be unshared (Default: targeted space)",
  ),
  related: "delete-route, map-route, routes, share-route, unmap-route",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("space");
    const { route, space, url } = await routeAndSpace(cli, input, "Can not unshare route:");
    ui.flavor`Unsharing route ${url} from space ${space.name} as ${user.name}`;
    await cc.send("DELETE", `/v3/routes/${route.guid}/relationships/shared_spaces/${space.guid}`);
    ui.ok();
  },
};
