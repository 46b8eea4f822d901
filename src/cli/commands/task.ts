import type { Command } from "../command.ts";
import { integerArgument } from "../flag-values.ts";
import { taskByNumber } from "../tasks.ts";

export const command: Command = {
  usage: "cf task APP_NAME TASK_ID",
  args: [{ name: "APP_NAME" }, { name: "TASK_ID" }],
  related: "apps, logs, run-task, tasks, terminate-task",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const id = integerArgument(input, 1, "TASK_ID");
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const app = await cli.appByName(name);
    ui.flavor`Getting task ${id} for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const task = await taskByNumber(cli, app.guid, id);
    ui.keyValues([
      ["id:", String(task.sequence_id)],
      ["name:", task.name],
      ["state:", task.state],
      ["start time:", task.created_at],
      ["command:", (task.command ?? "") === "" ? "[hidden]" : task.command!],
      ["memory in mb:", String(task.memory_in_mb)],
      ["disk in mb:", String(task.disk_in_mb)],
      ["log rate limit:", String(task.log_rate_limit_in_bytes_per_second)],
      ["failure reason:", task.result.failure_reason ?? ""],
    ]);
  },
};
