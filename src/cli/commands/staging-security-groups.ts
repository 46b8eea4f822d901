import type { Command } from "../command.ts";
import { showGlobalGroups } from "../security-groups.ts";

export const command: Command = {
  usage: "cf staging-security-groups",
  related: "bind-staging-security-group, security-group, unbind-staging-security-group",
  run: async (cli) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting global staging security groups as ${user.name}...`;
    cli.ui.text();
    await showGlobalGroups(cli, "staging");
  },
};
