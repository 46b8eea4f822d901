import type { Command } from "../command.ts";
import { IncorrectUsage } from "../errors.ts";
import { taskByNumber } from "../tasks.ts";

export const command: Command = {
  usage: "cf terminate-task APP_NAME TASK_ID\n\nEXAMPLES:\n   cf terminate-task my-app 3",
  args: [{ name: "APP_NAME" }, { name: "TASK_ID" }],
  related: "tasks, task",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const [name, id] = [input.arg(0), input.arg(1)];
    if (!/^\d+$/.test(id)) throw new IncorrectUsage("Value for TASK_ID must be integer", "Incorrect usage: ");
    const user = cli.requireTarget("space");
    const app = await cli.appByName(name);
    const task = await taskByNumber(cli, app.guid, id);
    ui.flavor`Terminating task ${id} of app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    await cc.post(`/v3/tasks/${task.guid}/actions/cancel`, {});
    ui.ok();
  },
};
