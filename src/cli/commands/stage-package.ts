import { buildDroplet } from "../app-start.ts";
import { APP_NAME, type Command, value } from "../command.ts";
import { friendlyDate } from "../dates.ts";
import { newestReadyPackage } from "../packages.ts";
import type { Droplet } from "../resources.ts";

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
    const packageGuid = wanted === "" ? (await newestReadyPackage(cli, app)).guid : wanted;
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
