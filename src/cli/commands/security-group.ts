import type { Command } from "../command.ts";
import { boundSpaces, plainRule, securityGroupByName } from "../security-groups.ts";

export const command: Command = {
  usage: "cf security-group SECURITY_GROUP",
  args: [{ name: "SECURITY_GROUP" }],
  related: "bind-running-security-group, bind-security-group, bind-staging-security-group",
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    ui.flavor`Getting info for security group ${name} as ${user.name}...`;
    ui.text();
    const group = await securityGroupByName(cli, name);
    const spaces = (await boundSpaces(cli, [group]))(group);
    ui.keyValues([
      ["name:", name],
      ["rules:", ""],
    ]);
    ui.text(`${JSON.stringify(group.rules.map(plainRule), null, 2)}\n`);
    ui.text();
    if (spaces.length === 0) ui.text("No spaces assigned");
    else ui.table([["organization", "space"], ...spaces.map(({ org, space }) => [org, space])]);
  },
};
