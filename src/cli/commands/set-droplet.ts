import { setDroplet } from "../app-start.ts";
import type { Command } from "../command.ts";

export const command: Command = {
  usage: "cf set-droplet APP_NAME DROPLET_GUID",
  args: [{ name: "APP_NAME" }, { name: "DROPLET_GUID" }],
  related: "app, droplets, stage, push, packages, create-package",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const [name, dropletGuid] = [input.arg(0), input.arg(1)];
    ui.flavor`Setting app ${name} to droplet ${dropletGuid} in org ${org.name} / space ${space.name} as ${user.name}...`;
    await setDroplet(cli, await cli.appByName(name), dropletGuid);
    ui.ok();
  },
};
