import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { currentDroplet } from "../app-summary.ts";
import type { Cli } from "../cli.ts";
import { APP_NAME, type Command, value } from "../command.ts";
import { CliError, fileErrorText } from "../errors.ts";
import type { App, Droplet } from "../resources.ts";

export const command: Command = {
  usage: "cf download-droplet APP_NAME [--droplet DROPLET_GUID] [--path /path/to/droplet.tgz]",
  args: APP_NAME,
  flags: [
    value("--droplet", "The guid of the droplet to download (default: app's current droplet)."),
    value("--path -p", "File path to download droplet to (default: current working directory)."),
  ],
  related: "apps, droplets, push, set-droplet",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const wanted = input.text("droplet") ?? "";
    if (wanted === "") {
      ui.flavor`Downloading current droplet for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    } else {
      ui.flavor`Downloading droplet ${wanted} for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    }
    const { guid } = await dropletOf(cli, await cli.appByName(name), wanted);
    const path = await targetPath(cli, input.text("path") ?? "", `droplet_${guid}.tgz`);
    await cc.download(`/v3/droplets/${guid}/download`, resolve(cli.deps.cwd, path)).catch((error: unknown) => {
      if (error instanceof CliError) throw error;
      throw new CliError(`Error creating droplet file: ${fileErrorText(error)}`);
    });
    ui.text(`Droplet downloaded successfully at ${path}`);
    ui.ok();
  },
};

/** Of the app, or its current one. Throws `CliError`. */
async function dropletOf(cli: Cli, app: App, wanted: string): Promise<Droplet> {
  if (wanted === "") {
    const current = await currentDroplet(cli, app);
    if (current === null) throw new CliError(`App '${app.name}' does not have a current droplet.`);
    return current;
  }
  const droplet = await cli.cc.first<Droplet>("/v3/droplets", { guids: wanted, app_guids: app.guid });
  if (droplet === null) throw new CliError(`Droplet '${wanted}' not found for app '${app.name}'`);
  return droplet;
}

/** As it is told to the user: a folder gets a file of the droplet's name. */
async function targetPath({ deps }: Cli, given: string, fileName: string): Promise<string> {
  if (given === "") return join(deps.cwd, fileName);
  const info = await stat(resolve(deps.cwd, given)).catch(() => null);
  return info?.isDirectory() === true ? join(given, fileName) : given;
}
