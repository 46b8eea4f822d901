import { type Buildpack, PATH_TIP } from "../buildpack-details.ts";
import { buildpackFile, requireBuildpackPath, uploadBuildpack } from "../buildpack-files.ts";
import { type Command, flag, value } from "../command.ts";
import { CliError, UsageError } from "../errors.ts";

export const command: Command = {
  usage: `cf create-buildpack BUILDPACK PATH POSITION [--disable] [--lifecycle buildpack|cnb]

TIP:
   ${PATH_TIP}`,
  args: [{ name: "BUILDPACK" }, { name: "PATH" }, { name: "POSITION" }],
  flags: [
    flag("--disable", "Disable the buildpack from being used for staging"),
    value("--lifecycle -l", "Lifecycle that the buildpack will use ('buildpack' or 'cnb')"),
  ],
  related: "buildpacks, push",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const [name, path, place] = [input.arg(0), input.arg(1), input.arg(2)];
    await requireBuildpackPath(cli, path);
    if (!/^[+-]?\d+$/.test(place)) throw new UsageError(`Incorrect Usage: POSITION '${place}' is no whole number`);
    const user = cli.requireTarget("login");
    ui.flavor`Creating buildpack ${name} as ${user.name}...`;
    await using file = await buildpackFile(cli, path);
    const lifecycle = input.text("lifecycle") ?? "";
    const { guid } = await cc.post<Buildpack>("/v3/buildpacks", {
      name,
      position: Number(place),
      enabled: !input.has("disable"),
      ...(lifecycle === "" ? {} : { lifecycle }),
    });
    ui.ok();
    try {
      await uploadBuildpack(cli, user.name, { guid, name }, file);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      throw new CliError(
        `${error.message}\n\nTIP: A buildpack with name '${name}' and nil stack has been created. Use 'cf delete-buildpack' to delete it or 'cf update-buildpack' to try again.`,
      );
    }
  },
};
