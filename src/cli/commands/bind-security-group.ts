import { type Command, value } from "../command.ts";
import { choice } from "../flag-values.ts";
import type { Space } from "../resources.ts";
import { LIFECYCLES, SECURITY_GROUP_TIP, securityGroupByName } from "../security-groups.ts";

export const command: Command = {
  usage: `cf bind-security-group SECURITY_GROUP ORG [--lifecycle (running | staging)] [--space SPACE]\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }, { name: "ORG" }],
  flags: [
    value("--lifecycle", "Lifecycle phase the group applies to. (Default: running)"),
    value("--space", "Space to bind the security group to. (Default: all existing spaces in org)"),
  ],
  related: "apps, bind-running-security-group, bind-staging-security-group, restart, security-groups",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const lifecycle = choice(input, "lifecycle", LIFECYCLES, "running");
    const user = cli.requireTarget("login");
    const [groupName, orgName] = [input.arg(0), input.arg(1)];
    const spaceName = input.text("space") ?? "";
    if (spaceName === "") {
      ui.flavor`Assigning ${lifecycle} security group ${groupName} to all spaces in org ${orgName} as ${user.name}...`;
      ui.text();
    } else {
      ui.flavor`Assigning ${lifecycle} security group ${groupName} to space ${spaceName} in org ${orgName} as ${user.name}...`;
    }
    const group = await securityGroupByName(cli, groupName);
    const org = await cli.orgByName(orgName);
    const spaces =
      spaceName === ""
        ? (await cc.list<Space>("/v3/spaces", { organization_guids: org.guid })).resources
        : [await cli.spaceByName(spaceName, org.guid)];
    if (spaces.length === 0) {
      ui.text(`No spaces in org ${org.name}.`);
      return;
    }
    if (spaceName === "") {
      const names = spaces.map(({ name }) => name).join(", ");
      if (spaces.length === 1) {
        ui.flavor`Assigning ${lifecycle} security group ${groupName} to space ${names} in org ${orgName} as ${user.name}...`;
      } else {
        ui.flavor`Assigning ${lifecycle} security group ${groupName} to spaces ${names} in org ${orgName} as ${user.name}...`;
      }
    }
    await cc.post(`/v3/security_groups/${group.guid}/relationships/${lifecycle}_spaces`, {
      data: spaces.map(({ guid }) => ({ guid })),
    });
    ui.ok();
    ui.text(SECURITY_GROUP_TIP);
  },
};
