import { APP_NAME, type Command, value } from "../command.ts";
import { argumentsCannotCombine } from "../errors.ts";
import { existing } from "../flag-values.ts";
import { createDockerPackage } from "../packages.ts";
import { gatherAppFiles } from "../push/app-files.ts";
import { uploadFiles } from "../push/upload.ts";

export const command: Command = {
  usage: "cf create-package APP_NAME [-p APP_PATH | --docker-image [REGISTRY_HOST:PORT/]IMAGE[:TAG]]",
  args: APP_NAME,
  flags: [
    value("--docker-image -o", "Docker image to use (e.g. user/docker-image-name)"),
    value("-p", "Path to app directory or to a zip file of the contents of the app directory"),
  ],
  related: "app, droplets, packages, push",
  run: async (cli, input) => {
    const { ui, deps, org, space } = cli;
    const image = input.text("docker-image") ?? "";
    const given = input.text("p");
    const path = given === undefined ? deps.cwd : await existing(deps.cwd, given);
    if (image !== "" && given !== undefined) throw argumentsCannotCombine("--docker-image", "-o", "-p");
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    if (image === "") {
      ui.flavor`Creating and uploading bits package for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    } else {
      ui.flavor`Creating docker package for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    }
    const app = await cli.appByName(name);
    let guid: string;
    if (image === "") {
      await using gathered = await gatherAppFiles(path);
      guid = await uploadFiles(cli, app.guid, gathered.files, true);
    } else {
      guid = (await createDockerPackage(cli, app.guid, { image })).guid;
    }
    ui.text(`Package with guid '${guid}' has been created.`);
    ui.ok();
  },
};
