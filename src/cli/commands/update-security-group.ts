import type { Command } from "../command.ts";
import { existing } from "../flag-values.ts";
import { RULES_FILE_HELP, readRules, SECURITY_GROUP_TIP, securityGroupByName } from "../security-groups.ts";

export const command: Command = {
  usage: `cf update-security-group SECURITY_GROUP PATH_TO_JSON_RULES_FILE\n\n${RULES_FILE_HELP}\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }, { name: "PATH_TO_JSON_RULES_FILE" }],
  related: "restage, security-groups",
  run: async (cli, input) => {
    const { ui } = cli;
    const [name, path] = [input.arg(0), input.arg(1)];
    await existing(cli.deps.cwd, path);
    const user = cli.requireTarget("login");
    ui.flavor`Updating security group ${name} as ${user.name}...`;
    ui.text();
    const rules = await readRules(cli, path);
    const group = await securityGroupByName(cli, name);
    await cli.cc.patch(`/v3/security_groups/${group.guid}`, { name, ...(rules.length === 0 ? {} : { rules }) });
    ui.ok();
    ui.text();
    ui.text(SECURITY_GROUP_TIP);
  },
};
