import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { APP_NAME, type Command, value } from "../command.ts";
import { CliError, fileErrorText } from "../errors.ts";

export const command: Command = {
  usage: "cf create-app-manifest APP_NAME [-p /path/to/<app-name>_manifest.yml]",
  args: APP_NAME,
  flags: [
    value(
      "-p",
      "Specify a path for file creation. If path not specified, manifest file is created in current working directory.",
    ),
  ],
  related: "apps, push",
  run: async (cli, input) => {
    const { ui, cc, deps, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Creating an app manifest from current settings of app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const app = await cli.appByName(name);
    const { body } = await cc.send("GET", `/v3/apps/${app.guid}/manifest`);
    const path = input.text("p") ?? join(deps.cwd, `${name}_manifest.yml`);
    await writeFile(resolve(deps.cwd, path), body).catch((error: unknown) => {
      throw new CliError(`Error creating file: ${fileErrorText(error)}`);
    });
    ui.text(`Manifest file created successfully at ${path}`);
    ui.ok();
  },
};
