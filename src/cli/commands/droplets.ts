import { currentDroplet } from "../app-summary.ts";
import { APP_NAME, type Command } from "../command.ts";
import { friendlyDate } from "../dates.ts";
import type { Droplet } from "../resources.ts";

export const command: Command = {
  usage: "cf droplets APP_NAME",
  args: APP_NAME,
  related: "set-droplet, create-package, packages, app, push",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Getting droplets of app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const app = await cli.appByName(name);
    const query = { app_guids: app.guid, order_by: "-created_at" };
    const { resources } = await cli.cc.list<Droplet>("/v3/droplets", query);
    if (resources.length === 0) {
      ui.text("No droplets found");
      return;
    }
    const current = await currentDroplet(cli, app);
    const rows = resources.map(({ guid, state, created_at }) => [
      guid === current?.guid ? `${guid} (current)` : guid,
      state.toLowerCase(),
      friendlyDate(new Date(created_at)),
    ]);
    ui.table([["guid", "state", "created"], ...rows]);
  },
};
