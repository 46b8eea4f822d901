import { type Command, flag, value } from "../command.ts";
import { NotFound } from "../errors.ts";

export const command: Command = {
  usage: "cf delete-space SPACE [-o ORG] [-f]",
  args: [{ name: "SPACE" }],
  flags: [flag("-f", "Force deletion without confirmation"), value("-o", "Delete space within specified org")],
  run: async (cli, input) => {
    const { ui, config } = cli;
    const wanted = input.text("o");
    const user = cli.requireTarget(wanted === undefined ? "org" : "login");
    const orgName = wanted ?? cli.org.name;
    const name = input.arg(0);
    if (!input.has("f")) {
      ui.text(
        "This action impacts all resources scoped to this space, including apps, service instances, and space-scoped service brokers.",
      );
      if (!(await cli.ask.yesNo(`Really delete the space ${name}?`))) {
        ui.text(`'${name}' has not been deleted.`);
        return;
      }
    }
    ui.flavor`Deleting space ${name} in org ${orgName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    try {
      const space = await cli.spaceByName(name, org.guid);
      await cli.cc.delete(`/v3/spaces/${space.guid}`);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.warn(`Space '${name}' does not exist.`);
    }
    ui.ok();
    if (cli.org.name === orgName && cli.space.name === name) {
      config.unsetSpace();
      ui.text("TIP: No space targeted, use 'cf target -s' to target a space.");
    }
  },
};
