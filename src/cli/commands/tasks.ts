import { APP_NAME, type Command } from "../command.ts";
import { rfc1123 } from "../dates.ts";
import type { Task } from "../resources.ts";

export const command: Command = {
  usage: "cf tasks APP_NAME",
  args: APP_NAME,
  related: "apps, logs, run-task, task, terminate-task",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const app = await cli.appByName(name);
    ui.flavor`Getting tasks for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const { resources } = await cli.cc.list<Task>(`/v3/apps/${app.guid}/tasks`, { order_by: "-created_at" });
    if (resources.length === 0) {
      ui.text("No tasks found for application.");
      return;
    }
    const rows = resources.map((task) => [
      String(task.sequence_id),
      task.name,
      task.state,
      rfc1123(new Date(task.created_at)),
      task.command === undefined || task.command === "" ? "[hidden]" : task.command,
    ]);
    ui.table([["id", "name", "state", "start time", "command"], ...rows]);
  },
};
