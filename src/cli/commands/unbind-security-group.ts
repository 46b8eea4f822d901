import { CcFailure } from "../cloud-controller.ts";
import { type Command, value } from "../command.ts";
import { choice } from "../flag-values.ts";
import { LIFECYCLES, SECURITY_GROUP_TIP, securityGroupByName } from "../security-groups.ts";

export const command: Command = {
  usage: `cf unbind-security-group SECURITY_GROUP ORG SPACE [--lifecycle (running | staging)]\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }, { name: "ORG" }, { name: "SPACE" }],
  flags: [value("--lifecycle", "Lifecycle phase the group applies to (Default: running)")],
  related: "apps, restart, security-groups",
  run: async (cli, input) => {
    const { ui } = cli;
    const lifecycle = choice(input, "lifecycle", LIFECYCLES, "running");
    const user = cli.requireTarget("login");
    const [groupName, orgName, spaceName] = [input.arg(0), input.arg(1), input.arg(2)];
    ui.flavor`Unbinding ${lifecycle} security group ${groupName} from org ${orgName} / space ${spaceName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    const space = await cli.spaceByName(spaceName, org.guid);
    const group = await securityGroupByName(cli, groupName);
    try {
      await cli.cc.delete(`/v3/security_groups/${group.guid}/relationships/${lifecycle}_spaces/${space.guid}`);
    } catch (error) {
      const notBound = "Ensure the space is bound to this security group.";
      if (!(error instanceof CcFailure) || !error.message.includes(notBound)) throw error;
      ui.warn(`Security group ${groupName} not bound to space ${spaceName} for lifecycle phase '${lifecycle}'.`);
    }
    ui.ok();
    ui.text(SECURITY_GROUP_TIP);
  },
};
