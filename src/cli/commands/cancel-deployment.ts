import { APP_NAME, type Command } from "../command.ts";
import { activeDeployment } from "../deployments.ts";

export const command: Command = {
  usage: `cf cancel-deployment APP_NAME

EXAMPLES:
   cf cancel-deployment my-app`,
  args: APP_NAME,
  related: "app, push",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Canceling deployment for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const deployment = await activeDeployment(cli, await cli.appByName(name));
    await cc.post(`/v3/deployments/${deployment.guid}/actions/cancel`, {});
    ui.ok();
    ui.text(`TIP: Run 'cf app ${name}' to view app status.`);
  },
};
