import { APP_NAME, type Command } from "../command.ts";

export const command: Command = {
  usage: "cf disable-ssh APP_NAME",
  args: APP_NAME,
  related: "disallow-space-ssh, space-ssh-allowed, ssh, ssh-enabled",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Disabling ssh support for app ${name} as ${user.name}...`;
    const app = await cli.appByName(name);
    const path = `/v3/apps/${app.guid}/features/ssh`;
    const before = await cc.get<{ enabled: boolean }>(path);
    if (!before.enabled) ui.flavor`ssh support for app '${name}' is already disabled.`;
    await cc.patch(path, { enabled: false });
    ui.ok();
  },
};
