import { APP_NAME, type Command } from "../command.ts";
import { processesOf } from "../processes.ts";

export const command: Command = {
  usage: "cf get-health-check APP_NAME",
  args: APP_NAME,
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Getting health check type for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const processes = await processesOf(cli, await cli.appByName(name));
    ui.text();
    if (processes.length === 0) {
      ui.text("App has no processes");
      return;
    }
    const rows = processes.map(({ type, health_check: { type: kind, data } }) => [
      type,
      kind,
      data.endpoint ?? "",
      String(data.invocation_timeout || 1),
    ]);
    ui.table([["process", "health check", "endpoint (for http)", "invocation timeout"], ...rows]);
  },
};
