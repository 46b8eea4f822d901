import { APP_NAME, type Command } from "../command.ts";

export const command: Command = {
  usage: "cf enable-ssh APP_NAME",
  args: APP_NAME,
  related: "allow-space-ssh, space-ssh-allowed, ssh, ssh-enabled",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Enabling ssh support for app ${name} as ${user.name}...`;
    const app = await cli.appByName(name);
    const path = `/v3/apps/${app.guid}/features/ssh`;
    const before = await cc.get<{ enabled: boolean }>(path);
    if (before.enabled) ui.flavor`ssh support for app '${name}' is already enabled.`;
    await cc.patch(path, { enabled: true });
    const after = await cc.get<{ enabled: boolean }>(`/v3/apps/${app.guid}/ssh_enabled`);
    ui.ok();
    if (!after.enabled) ui.text("TIP: Ensure ssh is also enabled on the space and global level.");
    if (before.enabled) ui.text("TIP: An app restart may be required for the change to take effect.");
    else if (after.enabled) ui.text("TIP: An app restart is required for the change to take effect.");
  },
};
