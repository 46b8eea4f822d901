import { type Command, flag } from "../command.ts";
import { NotFound } from "../errors.ts";

export const command: Command = {
  usage: "cf delete-org ORG [-f]",
  args: [{ name: "ORG" }],
  flags: [flag("-f", "Force deletion without confirmation")],
  related: "create-org, orgs, quotas, set-org-role",
  run: async (cli, input) => {
    const { ui, config } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    const question = `Really delete the org ${name}, including its spaces, apps, service instances, routes, private domains and space-scoped service brokers?`;
    if (!input.has("f") && !(await cli.ask.yesNo(question))) {
      ui.text(`Organization '${name}' has not been deleted.`);
      return;
    }
    ui.flavor`Deleting org ${name} as ${user.name}...`;
    try {
      const org = await cli.orgByName(name);
      await cli.cc.delete(`/v3/organizations/${org.guid}`);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.warn(`Org '${name}' does not exist.`);
    }
    ui.ok();
    if (cli.org.name === name) {
      ui.text("TIP: No org or space targeted, use 'cf target -o ORG -s SPACE' to target an org and space.");
      config.unsetOrgAndSpace();
    }
  },
};
