import type { Command } from "../command.ts";
import { setEnvironmentVariableGroup } from "../environment-variable-groups.ts";

export const command: Command = {
  usage: 'cf set-running-environment-variable-group \'{"name":"value","name":"value"}\'',
  args: [{ name: "JSON_STRING" }],
  related: "set-env, running-environment-variable-group",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Setting the contents of the running environment variable group as ${user.name}...`;
    await setEnvironmentVariableGroup(cli, "running", input.arg(0));
    cli.ui.ok();
  },
};
