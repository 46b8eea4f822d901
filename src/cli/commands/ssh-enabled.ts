import { APP_NAME, type Command } from "../command.ts";

export const command: Command = {
  usage: "cf ssh-enabled APP_NAME",
  args: APP_NAME,
  related: "enable-ssh, space-ssh-allowed, ssh",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    cli.requireTarget("space");
    const name = input.arg(0);
    const app = await cli.appByName(name);
    const { enabled, reason } = await cc.get<{ enabled: boolean; reason: string }>(`/v3/apps/${app.guid}/ssh_enabled`);
    if (enabled) {
      ui.flavor`ssh support is enabled for app '${name}'.`;
    } else {
      ui.flavor`ssh support is disabled for app '${name}'.`;
      ui.text(reason);
    }
  },
};
