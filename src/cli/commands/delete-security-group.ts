import { type Command, flag } from "../command.ts";
import { NotFound } from "../errors.ts";
import { SECURITY_GROUP_TIP, securityGroupByName } from "../security-groups.ts";

export const command: Command = {
  usage: `cf delete-security-group SECURITY_GROUP [-f]\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }],
  flags: [flag("--force -f", "Force deletion without confirmation")],
  related: "security-groups",
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    if (!input.has("force") && !(await cli.ask.yesNo(`Really delete the security group ${name}?`))) {
      ui.text(`Security group '${name}' has not been deleted.`);
      return;
    }
    ui.flavor`Deleting security group ${name} as ${user.name}...`;
    try {
      const group = await securityGroupByName(cli, name);
      await cli.cc.delete(`/v3/security_groups/${group.guid}`);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.warn(`Security group '${name}' does not exist.`);
    }
    ui.ok();
    ui.text();
    ui.text(SECURITY_GROUP_TIP);
  },
};
