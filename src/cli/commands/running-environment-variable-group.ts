import type { Command } from "../command.ts";
import { showEnvironmentVariableGroup } from "../environment-variable-groups.ts";

export const command: Command = {
  usage: "cf running-environment-variable-group",
  related: "env, staging-environment-variable-group",
  run: async (cli) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting the running environment variable group as ${user.name}...`;
    cli.ui.text();
    await showEnvironmentVariableGroup(cli, "running");
  },
};
