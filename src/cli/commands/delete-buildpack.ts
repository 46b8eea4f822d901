import { buildpackByName, inQuotes, whichText } from "../buildpack-details.ts";
import { type Command, flag, value } from "../command.ts";
import { orNull } from "../errors.ts";

export const command: Command = {
  usage: "cf delete-buildpack BUILDPACK [-f] [-s STACK] [-l LIFECYCLE]",
  args: [{ name: "BUILDPACK" }],
  flags: [
    flag("--force -f", "Force deletion without confirmation"),
    value(
      "--stack -s",
      "Specify stack to disambiguate buildpacks with the same name. Required when buildpack name is ambiguous",
    ),
    value(
      "--lifecycle -l",
      "Specify lifecycle to disambiguate buildpacks with the same name. Required when buildpack name is ambiguous",
    ),
  ],
  related: "buildpacks",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    cli.requireTarget("login");
    const wanted = { name: input.arg(0), stack: input.text("stack") ?? "", lifecycle: input.text("lifecycle") ?? "" };
    if (!input.has("force") && !(await cli.ask.yesNo(`Really delete the buildpack ${wanted.name}?`))) {
      ui.text("Delete cancelled");
      return;
    }
    const bright = (value: string): string => ui.bright(value);
    ui.text(`Deleting buildpack ${bright(wanted.name)}${whichText(wanted, bright)}...`);
    const buildpack = await orNull(buildpackByName(cli, wanted));
    if (buildpack !== null) {
      await cc.delete(`/v3/buildpacks/${buildpack.guid}`);
    } else {
      const isExact = wanted.stack !== "" && wanted.lifecycle !== "";
      ui.warn(`Buildpack '${wanted.name}'${whichText(wanted, inQuotes)} ${isExact ? "does not exist" : "not found"}.`);
    }
    ui.ok();
  },
};
