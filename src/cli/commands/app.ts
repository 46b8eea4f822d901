import { showApp } from "../app-summary.ts";
import { APP_NAME, type Command, flag } from "../command.ts";

export const command: Command = {
  usage: "cf app APP_NAME [--guid]",
  args: APP_NAME,
  flags: [
    flag(
      "--guid",
      "Retrieve and display the given app's guid.  All other health and status output for the app is suppressed.",
    ),
  ],
  related: "apps, events, logs, map-route, push, unmap-route",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    if (input.has("guid")) {
      ui.text((await cli.appByName(name)).guid);
      return;
    }
    ui.flavor`Showing health and status for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    await showApp(cli, await cli.appByName(name), false);
  },
};
