import { startApp } from "../app-start.ts";
import { APP_NAME, type Command, flag, required, value } from "../command.ts";
import { deploymentWish, INSTANCE_STEPS } from "../deployment-flags.ts";
import { CliError } from "../errors.ts";
import { type Revision, revisionByVersion, revisionFlag } from "../revisions.ts";

export const command: Command = {
  usage: "cf rollback APP_NAME [--version VERSION] [-f]",
  args: APP_NAME,
  flags: [
    flag("-f", "Force rollback without confirmation"),
    INSTANCE_STEPS,
    value("--max-in-flight", "Defines the maximum number of instances that will be actively being rolled back."),
    value("--strategy", "Deployment strategy can be canary or rolling. When not specified, it defaults to rolling."),
    required(value("--version", "Roll back to the specified revision")),
  ],
  related: "revision, revisions",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const version = revisionFlag(input)!;
    const user = cli.requireTarget("space");
    const wish = deploymentWish(input, "rolling")!;
    const name = input.arg(0);
    const app = await cli.appByName(name);
    if ((await cc.first<Revision>(`/v3/apps/${app.guid}/revisions`)) === null) {
      throw new CliError(`No revisions for app ${name}`);
    }
    const revision = await revisionByVersion(cli, app.guid, version);
    if (!input.has("f")) {
      ui.flavor`Rolling '${name}' back to revision '${version}' will create a new revision. The new revision will use the settings from revision '${version}'.`;
      if (!(await cli.ask.yesNo("Are you sure you want to continue?"))) {
        ui.text(`App '${name}' has not been rolled back to revision '${version}'.`);
        return;
      }
    }
    ui.flavor`Rolling back to revision ${version} for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const deployment = { ...wish, revisionGuid: revision.guid };
    await startApp(cli, app, null, { action: "Restarting", noWait: false, deployment });
    ui.ok();
  },
};
