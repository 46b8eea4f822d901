import { bytesPerSecond, megabytes } from "../bytes.ts";
import type { Cli } from "../cli.ts";
import { CcFailure, nextPause, POLL_FIRST_MS } from "../cloud-controller.ts";
import { APP_NAME, type Command, flag, value } from "../command.ts";
import { CliError } from "../errors.ts";
import { processByType } from "../processes.ts";
import type { Task } from "../resources.ts";

export const command: Command = {
  usage: `cf run-task APP_NAME [--command COMMAND] [-k DISK] [-m MEMORY] [-l LOG_RATE_LIMIT] [--name TASK_NAME] [--process PROCESS_TYPE]

TIP:
   Use 'cf logs' to display the logs of the app and all its tasks. If your task name is unique, grep this command's output for the task name to view task-specific logs.

EXAMPLES:
   cf run-task my-app --command "bundle exec rake db:migrate" --name migrate

   cf run-task my-app --process batch_job

   cf run-task my-app`,
  args: APP_NAME,
  flags: [
    value("--command -c", "The command to execute"),
    value("-k", "Disk limit (e.g. 256M, 1024M, 1G)"),
    value("-l", "Log rate limit per second, in bytes (e.g. 128B, 4K, 1M). -l=-1 represents unlimited"),
    value("-m", "Memory limit (e.g. 256M, 1024M, 1G)"),
    value("--name", "Name to give the task (generated if omitted)"),
    value("--process", "Process type to use as a template for command, memory, and disk for the created task."),
    flag("--wait -w", "Wait for the task to complete before exiting"),
  ],
  related: "logs, tasks, task, terminate-task",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const text = input.text("command");
    const task = {
      ...(text === undefined ? {} : { command: text }),
      ...(input.has("name") ? { name: input.text("name") } : {}),
      ...(input.has("k") ? { disk_in_mb: megabytes(input.text("k")!) } : {}),
      ...(input.has("m") ? { memory_in_mb: megabytes(input.text("m")!) } : {}),
      ...(input.has("l") ? { log_rate_limit_in_bytes_per_second: bytesPerSecond(input.text("l")!) } : {}),
    };
    const app = await cli.appByName(name);
    ui.flavor`Creating task for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const type = input.text("process") ?? (text === undefined ? "task" : undefined);
    const template =
      type === undefined ? {} : { template: { process: { guid: (await processByType(cli, app.guid, type)).guid } } };
    let made: Task;
    try {
      made = await cc.post<Task>(`/v3/apps/${app.guid}/tasks`, { ...task, ...template });
    } catch (error) {
      if (error instanceof CcFailure && error.message.includes("Task must have a droplet")) {
        throw new CliError("Error running task: App is not staged.");
      }
      throw error;
    }
    ui.text("Task has been submitted successfully for execution.");
    ui.ok();
    ui.keyValues([
      ["task name:", made.name],
      ["task id:", String(made.sequence_id)],
    ]);
    if (input.has("wait")) {
      ui.text();
      ui.text("Waiting for task to complete execution...");
      await waitForTask(cli, made.guid);
      ui.text();
      ui.text("Task has completed successfully.");
    }
    ui.ok();
  },
};

async function waitForTask({ cc, deps }: Cli, guid: string): Promise<void> {
  for (let pauseMs = POLL_FIRST_MS; ; pauseMs = nextPause(pauseMs)) {
    const { state } = await cc.get<Task>(`/v3/tasks/${guid}`);
    if (state === "SUCCEEDED") return;
    if (state === "FAILED") throw new CliError("Task failed to complete successfully");
    await deps.clock.sleep(pauseMs, deps.signal);
  }
}
