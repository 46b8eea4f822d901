import { APP_NAME, type Command } from "../command.ts";

export const command: Command = {
  usage: "cf stop APP_NAME",
  args: APP_NAME,
  related: "restart, scale, start",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const app = await cli.appByName(name);
    if (app.state !== "STARTED") {
      ui.flavor`App ${name} is already stopped.`;
      ui.ok();
      return;
    }
    ui.flavor`Stopping app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    await cli.cc.post(`/v3/apps/${app.guid}/actions/stop`, {});
    ui.ok();
  },
};
