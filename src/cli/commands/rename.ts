import type { Command } from "../command.ts";

export const command: Command = {
  usage: "cf rename APP_NAME NEW_APP_NAME",
  args: [{ name: "APP_NAME" }, { name: "NEW_APP_NAME" }],
  related: "apps, delete",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const [oldName, name] = [input.arg(0), input.arg(1)];
    ui.flavor`Renaming app ${oldName} to ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const { guid } = await cli.appByName(oldName);
    await cli.cc.patch(`/v3/apps/${guid}`, { name });
    ui.ok();
  },
};
