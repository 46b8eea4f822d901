import { type Command, value } from "../command.ts";
import { CliError, UsageError } from "../errors.ts";
import { positiveInteger } from "../flag-values.ts";
import { processByType } from "../processes.ts";

export const command: Command = {
  usage: `cf set-health-check APP_NAME (process | port | http [--endpoint PATH]) [--process PROCESS] [--invocation-timeout INVOCATION_TIMEOUT]

EXAMPLES:
   cf set-health-check worker-app process --process worker
   cf set-health-check my-web-app http --endpoint /foo
   cf set-health-check my-web-app http --invocation-timeout 10`,
  args: [{ name: "APP_NAME" }, { name: "HEALTH_CHECK_TYPE" }],
  flags: [
    value("--endpoint", "Path on the app (Default: /)"),
    value("--invocation-timeout", "Time (in seconds) that controls individual health check invocations"),
    value("--process", "App process to update (Default: web)"),
  ],
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const kind = input.arg(1).toLowerCase();
    if (!["http", "port", "process"].includes(kind)) {
      throw new UsageError('Incorrect Usage: HEALTH_CHECK_TYPE must be "port", "process", or "http"');
    }
    const timeout = positiveInteger(input, "invocation-timeout");
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const type = input.text("process") ?? "web";
    const endpoint = input.text("endpoint") ?? "/";
    ui.flavor`Updating health check type for app ${name} process ${type} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const app = await cli.appByName(name);
    if (kind !== "http" && endpoint !== "/" && endpoint !== "") {
      throw new CliError("Health check type must be 'http' to set a health check HTTP endpoint.");
    }
    const process = await processByType(cli, app.guid, type);
    const data = {
      ...(kind === "http" && endpoint !== "" ? { endpoint } : {}),
      ...(timeout === undefined ? {} : { invocation_timeout: timeout }),
    };
    await cc.patch(`/v3/processes/${process.guid}`, { health_check: { type: kind, data } });
    ui.ok();
    if (app.state === "STARTED") ui.text("TIP: An app restart is required for the change to take effect.");
  },
};
