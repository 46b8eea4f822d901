import { buildDroplet } from "../app-start.ts";
import type { Cli } from "../cli.ts";
import { APP_NAME, type Command, value } from "../command.ts";
import { friendlyDate } from "../dates.ts";
import { CliError } from "../errors.ts";
import { newestReadyPackage } from "../packages.ts";
import type { App, Droplet, Package } from "../resources.ts";

export const command: Command = {
  usage: "cf stage-package APP_NAME [--package-guid PACKAGE_GUID]",
  args: APP_NAME,
  flags: [value("--package-guid", "The guid of the package to stage (default: latest ready package)")],
  environment: [["CF_STAGING_TIMEOUT", "15", "Max wait time for staging, in minutes"]],
  related: "app, create-package, droplets, packages, push, set-droplet",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Staging package for ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const app = await cli.appByName(name);
    const wanted = input.text("package-guid") ?? "";
    const packageGuid = wanted === "" ? (await newestReadyPackage(cli, app)).guid : await packageOf(cli, app, wanted);
    const droplet = await cc.get<Droplet>(`/v3/droplets/${await buildDroplet(cli, app, packageGuid)}`);
    ui.text();
    ui.text("Package staged");
    ui.keyValues([
      ["droplet guid:", droplet.guid],
      ["state:", droplet.state.toLowerCase()],
      ["created:", friendlyDate(new Date(droplet.created_at))],
    ]);
  },
};

/** Its guid again. Throws `CliError` when it is none of the app's. */
async function packageOf({ cc }: Cli, app: App, guid: string): Promise<string> {
  const found = await cc.first<Package>("/v3/packages", { guids: guid, app_guids: app.guid });
  if (found !== null) return found.guid;
  throw new CliError(`Package with guid '${guid}' not found in app '${app.name}'.`);
}
