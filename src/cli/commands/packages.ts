import { APP_NAME, type Command } from "../command.ts";
import { friendlyDate } from "../dates.ts";
import type { Package } from "../resources.ts";

export const command: Command = {
  usage: "cf packages APP_NAME",
  args: APP_NAME,
  related: "droplets, create-package, app, push",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Getting packages of app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const app = await cli.appByName(name);
    const query = { app_guids: app.guid, order_by: "-created_at" };
    const { resources } = await cli.cc.list<Package>("/v3/packages", query);
    if (resources.length === 0) {
      ui.text("No packages found.");
      return;
    }
    const rows = resources.map(({ guid, state, created_at }) => [
      guid,
      state.toLowerCase(),
      friendlyDate(new Date(created_at)),
    ]);
    ui.table([["guid", "state", "created"], ...rows]);
  },
};
