import { stagePackage, startApp } from "../app-start.ts";
import { APP_NAME, type Command, flag, START_ENVIRONMENT } from "../command.ts";
import { deploymentFlags, deploymentWish } from "../deployment-flags.ts";
import { explainStartFailure } from "../errors.ts";
import { newestReadyPackage } from "../packages.ts";

const [INSTANCE_STEPS, MAX_IN_FLIGHT, STRATEGY] = deploymentFlags("being restaged");

export const command: Command = {
  usage: `cf restage APP_NAME

This command will cause downtime unless you use '--strategy' flag.

EXAMPLES:
   cf restage APP_NAME
   cf restage APP_NAME --strategy rolling
   cf restage APP_NAME --strategy canary --no-wait`,
  args: APP_NAME,
  flags: [
    INSTANCE_STEPS,
    MAX_IN_FLIGHT,
    flag("--no-wait", "Exit when the first instance of the web process is healthy"),
    STRATEGY,
  ],
  environment: START_ENVIRONMENT,
  related: "restart",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const deployment = deploymentWish(input);
    const name = input.arg(0);
    if (deployment === null) ui.warn("This action will cause app downtime.");
    ui.text();
    ui.flavor`Restaging app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const app = await cli.appByName(name);
    try {
      const newest = await newestReadyPackage(cli, app);
      const droplet = await stagePackage(cli, app, newest.guid);
      ui.text();
      await startApp(cli, app, droplet, { action: "Restarting", noWait: input.has("no-wait"), deployment });
    } catch (error) {
      throw explainStartFailure(error, name);
    }
  },
};
