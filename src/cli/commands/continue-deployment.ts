import { followDeployment } from "../app-start.ts";
import { showApp } from "../app-summary.ts";
import { APP_NAME, type Command, flag } from "../command.ts";
import { activeDeployment } from "../deployments.ts";

export const command: Command = {
  usage: `cf continue-deployment APP_NAME [--no-wait]

EXAMPLES:
   cf continue-deployment my-app`,
  args: APP_NAME,
  flags: [flag("--no-wait", "Exit when the first instance of the web process is healthy")],
  related: "app, push",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Continuing deployment for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const app = await cli.appByName(name);
    const deployment = await activeDeployment(cli, app);
    await cc.post(`/v3/deployments/${deployment.guid}/actions/continue`, {});
    await followDeployment(cli, app, deployment.guid, input.has("no-wait"));
    await showApp(cli, await cli.appByName(name), false);
    ui.text(`\nTIP: Run 'cf app ${name}' to view app status.`);
  },
};
