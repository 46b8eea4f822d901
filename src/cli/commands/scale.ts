import { waitForStart } from "../app-start.ts";
import { showApp } from "../app-summary.ts";
import { bytesPerSecond, megabytes } from "../bytes.ts";
import { APP_NAME, type Command, flag, value } from "../command.ts";
import { AllInstancesCrashed, explainStartFailure, UsageError } from "../errors.ts";
import { scaleProcess } from "../processes.ts";

export const command: Command = {
  usage: `cf scale APP_NAME [--process PROCESS] [-i INSTANCES] [-k DISK] [-m MEMORY] [-l LOG_RATE_LIMIT] [-f]

Modifying the app's disk, memory, or log rate will cause the app to restart.`,
  args: APP_NAME,
  flags: [
    flag("--force -f", "Force restart of app without prompt"),
    value("--instances -i", "Number of instances"),
    value("-k", "Disk limit (e.g. 256M, 1024M, 1G)"),
    value("-l", "Log rate limit per second, in bytes (e.g. 128B, 4K, 1M). -l=-1 represents unlimited"),
    value("-m", "Memory limit (e.g. 256M, 1024M, 1G)"),
    value("--process", "App process to scale (Default: web)"),
  ],
  environment: [["CF_STARTUP_TIMEOUT", "5", "Max wait time for app instance startup, in minutes"]],
  related: "push",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const instances = input.text("instances");
    if (instances !== undefined && !/^\d+$/.test(instances)) {
      throw new UsageError("Incorrect Usage: invalid argument for flag '-i' (expected int > 0)");
    }
    const limits = {
      ...(input.has("m") ? { memory_in_mb: megabytes(input.text("m")!) } : {}),
      ...(input.has("k") ? { disk_in_mb: megabytes(input.text("k")!) } : {}),
      ...(input.has("l") ? { log_rate_limit_in_bytes_per_second: bytesPerSecond(input.text("l")!) } : {}),
    };
    const restarts = Object.keys(limits).length > 0;
    const app = await cli.appByName(name);
    let failure: unknown = null;
    if (restarts || instances !== undefined) {
      ui.flavor`Scaling app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
      ui.text();
      if (restarts && !input.has("force")) {
        const question = `This will cause the app to restart. Are you sure you want to scale ${name}?`;
        if (!(await cli.ask.yesNo(question))) {
          ui.text("Scaling cancelled");
          return;
        }
        ui.text();
      }
      const change = { ...(instances === undefined ? {} : { instances: Number(instances) }), ...limits };
      await scaleProcess(cli, app.guid, input.text("process") ?? "web", change);
      if (restarts) {
        ui.flavor`Stopping app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
        ui.text();
        await cc.post(`/v3/apps/${app.guid}/actions/stop`, {});
        ui.flavor`Starting app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
        ui.text();
        await cc.post(`/v3/apps/${app.guid}/actions/start`, {});
      }
      if (restarts || app.state === "STARTED") {
        await waitForStart(cli, app, false).catch((error: unknown) => {
          if (!(error instanceof AllInstancesCrashed)) throw explainStartFailure(error, name);
          failure = error; // told after the table
        });
        ui.text();
      }
    }
    ui.flavor`Showing current scale of app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    await showApp(cli, await cli.appByName(name), false);
    if (failure !== null) throw explainStartFailure(failure, name);
  },
};
