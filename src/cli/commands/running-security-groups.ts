import type { Command } from "../command.ts";
import { showGlobalGroups } from "../security-groups.ts";

export const command: Command = {
  usage: "cf running-security-groups",
  related: "bind-running-security-group, security-group, unbind-running-security-group",
  run: async (cli) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting global running security groups as ${user.name}...`;
    cli.ui.text();
    await showGlobalGroups(cli, "running");
  },
};
