import { stagePackage, startApp, unstagedPackage } from "../app-start.ts";
import { APP_NAME, type Command, START_ENVIRONMENT } from "../command.ts";
import { explainStartFailure } from "../errors.ts";

export const command: Command = {
  usage: `cf start APP_NAME

If the app's most recent package is unstaged, starting the app will stage and run that package.
Otherwise, the app's current droplet will be run.`,
  args: APP_NAME,
  environment: START_ENVIRONMENT,
  related: "apps, logs, restart, run-task, scale, ssh, stop",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const app = await cli.appByName(name);
    const options = { action: "Starting", noWait: false, deployment: null } as const;
    const unstaged = app.state === "STOPPED" ? await unstagedPackage(cli, app) : null;
    try {
      let droplet: string | null = null;
      if (unstaged !== null) {
        ui.flavor`Starting app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
        ui.text();
        droplet = await stagePackage(cli, app, unstaged);
        ui.text();
      }
      await startApp(cli, app, droplet, options);
    } catch (error) {
      throw explainStartFailure(error, name);
    }
  },
};
