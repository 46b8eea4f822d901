import type { Command } from "../command.ts";
import { boundSpaces, type SecurityGroup } from "../security-groups.ts";

export const command: Command = {
  usage: "cf security-groups",
  related: "bind-running-security-group, bind-security-group, bind-staging-security-group, security-group",
  run: async (cli) => {
    const { ui } = cli;
    const user = cli.requireTarget("login");
    ui.flavor`Getting security groups as ${user.name}...`;
    ui.text();
    const { resources } = await cli.cc.list<SecurityGroup>("/v3/security_groups");
    if (resources.length === 0) {
      ui.text("No security groups found.");
      return;
    }
    const spacesOf = await boundSpaces(cli, resources);
    const rows = resources.flatMap((group) => {
      const everywhere = (["staging", "running"] as const).filter((lifecycle) => group.globally_enabled[lifecycle]);
      const own = [
        ...everywhere.map((lifecycle) => [group.name, "<all>", "<all>", lifecycle]),
        ...spacesOf(group).map(({ org, space, lifecycle }) => [group.name, org, space, lifecycle]),
      ];
      return own.length === 0 ? [[group.name, "", "", ""]] : own;
    });
    ui.table([["name", "organization", "space", "lifecycle"], ...rows]);
  },
};
