import { CcFailure } from "../cloud-controller.ts";
import { type Command, value } from "../command.ts";
import { CliError } from "../errors.ts";
import { integerArgument } from "../flag-values.ts";

export const command: Command = {
  usage: "cf restart-app-instance APP_NAME INDEX [--process PROCESS]",
  args: [{ name: "APP_NAME" }, { name: "INDEX" }],
  flags: [value("--process", "Process to restart (Default: web)")],
  related: "restart",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const index = integerArgument(input, 1, "INDEX");
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const type = input.text("process") ?? "web";
    ui.flavor`Restarting instance ${index} of process ${type} of app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const app = await cli.appByName(name);
    try {
      await cc.delete(`/v3/apps/${app.guid}/processes/${encodeURIComponent(type)}/instances/${index}`);
    } catch (error) {
      if (!(error instanceof CcFailure) || error.status !== 404) throw error;
      if (error.message === "Process not found") throw new CliError(`Process ${type} not found`);
      if (error.message === "Instance not found") throw new CliError(`Instance ${index} of process ${type} not found`);
      throw error;
    }
    ui.ok();
  },
};
