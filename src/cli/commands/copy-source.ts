import { type DeploymentWish, type StartOptions, stagePackage, startApp } from "../app-start.ts";
import type { Input } from "../args.ts";
import type { Cli } from "../cli.ts";
import { type Command, flag, START_ENVIRONMENT, value } from "../command.ts";
import { deploymentFlags, deploymentWish } from "../deployment-flags.ts";
import { argumentsCannotCombine, explainStartFailure, IncorrectUsage } from "../errors.ts";
import { copyPackage } from "../packages.ts";
import type { App } from "../resources.ts";

const [INSTANCE_STEPS, MAX_IN_FLIGHT] = deploymentFlags("being started");

export const command: Command = {
  usage:
    "cf copy-source SOURCE_APP DESTINATION_APP [-s TARGET_SPACE [-o TARGET_ORG]] [--no-restart] [--strategy STRATEGY] [--no-wait]",
  args: [{ name: "SOURCE-APP" }, { name: "TARGET-NAME" }],
  flags: [
    INSTANCE_STEPS,
    MAX_IN_FLIGHT,
    flag("--no-wait", "Exit when the first instance of the web process is healthy"),
    flag("--no-restart", "Do not restage the destination application"),
    value("--organization -o", "Org that contains the destination application"),
    value("--space -s", "Space that contains the destination application"),
    value("--strategy", "Deployment strategy can be canary, rolling or null"),
  ],
  environment: START_ENVIRONMENT,
  related: "apps, push, restage, restart, target",
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("space");
    const deployment = validated(input);
    const [sourceName, targetName] = [input.arg(0), input.arg(1)];
    const [orgName, spaceName] = [input.text("organization") ?? "", input.text("space") ?? ""];
    const place = { org: orgName || cli.org.name, space: spaceName || cli.space.name };
    ui.flavor`Copying source from app ${sourceName} to target app ${targetName} in org ${place.org} / space ${place.space} as ${user.name}...`;
    ui.text();
    const org = orgName === "" ? cli.org : await cli.orgByName(orgName);
    const space = spaceName === "" ? cli.space : await cli.spaceByName(spaceName, org.guid);
    const source = await cli.appByName(sourceName);
    const target = await cli.appByName(targetName, space.guid);
    const packageGuid = await copyPackage(cli, source, target);
    if (input.has("no-restart")) {
      ui.ok();
      return;
    }
    ui.flavor`Staging app ${targetName} in org ${place.org} / space ${place.space} as ${user.name}...`;
    ui.text();
    await restart(cli, target, packageGuid, { action: "Restarting", noWait: input.has("no-wait"), deployment, place });
  },
};

/** Throws the official usage errors, in their order. */
function validated(input: Input): DeploymentWish | null {
  if ((input.text("organization") ?? "") !== "" && (input.text("space") ?? "") === "") {
    throw new IncorrectUsage("'--organization, -o' and '--space, -s' must be used together.");
  }
  if (input.has("no-restart") && (input.text("strategy") ?? "") !== "") {
    throw argumentsCannotCombine("--no-restart", "--strategy");
  }
  if (input.has("no-restart") && input.has("no-wait")) throw argumentsCannotCombine("--no-restart", "--no-wait");
  return deploymentWish(input);
}

async function restart(cli: Cli, app: App, packageGuid: string, options: StartOptions): Promise<void> {
  try {
    const droplet = await stagePackage(cli, app, packageGuid);
    cli.ui.text();
    await startApp(cli, app, droplet, options);
  } catch (error) {
    throw explainStartFailure(error, app.name);
  }
}
