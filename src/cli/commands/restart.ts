import { stagePackage, startApp, unstagedPackage } from "../app-start.ts";
import { APP_NAME, type Command, flag, START_ENVIRONMENT } from "../command.ts";
import { deploymentFlags, deploymentWish } from "../deployment-flags.ts";
import { explainStartFailure } from "../errors.ts";

export const command: Command = {
  usage: `cf restart APP_NAME

This command will cause downtime unless you use '--strategy canary' or '--strategy rolling'.

If the app's most recent package is unstaged, restarting the app will stage and run that package.
Otherwise, the app's current droplet will be run.`,
  args: APP_NAME,
  flags: [
    ...deploymentFlags("restarted at any given time"),
    flag("--no-wait", "Exit when the first instance of the web process is healthy"),
  ],
  environment: START_ENVIRONMENT,
  related: "restage, restart-app-instance",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const deployment = deploymentWish(input);
    const name = input.arg(0);
    const app = await cli.appByName(name);
    const unstaged = await unstagedPackage(cli, app);
    if (unstaged !== null || deployment !== null) {
      ui.flavor`Restarting app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
      ui.text();
    }
    try {
      let droplet: string | null = null;
      if (unstaged !== null) {
        droplet = await stagePackage(cli, app, unstaged);
        ui.text();
      }
      await startApp(cli, app, droplet, { action: "Restarting", noWait: input.has("no-wait"), deployment });
    } catch (error) {
      throw explainStartFailure(error, name);
    }
  },
};
