import { followLogs, newestLogNs, recentLogs, showLogLine } from "../app-logs.ts";
import { APP_NAME, type Command, flag } from "../command.ts";

const LOOK_BACK_NS = 1_000_000_000n;

export const command: Command = {
  usage: "cf logs APP_NAME",
  args: APP_NAME,
  flags: [flag("--recent", "Dump recent logs instead of tailing")],
  related: "app, apps, ssh",
  run: async (cli, input) => {
    const { ui, org, space, deps } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Retrieving logs for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const app = await cli.appByName(name);
    if (input.has("recent")) {
      for (const line of await recentLogs(cli, app.guid)) showLogLine(ui, line, true);
      return;
    }
    const newestNs = await newestLogNs(cli, app.guid);
    const startNs = newestNs > LOOK_BACK_NS ? newestNs - LOOK_BACK_NS : 0n;
    await followLogs(cli, app.guid, startNs, (line) => showLogLine(ui, line, true), deps.signal);
  },
};
