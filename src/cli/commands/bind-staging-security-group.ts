import type { Command } from "../command.ts";
import { SECURITY_GROUP_TIP, setGlobally } from "../security-groups.ts";

export const command: Command = {
  usage: `cf bind-staging-security-group SECURITY_GROUP\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }],
  related: "apps, bind-running-security-group, bind-security-group, restart, security-groups, staging-security-groups",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    cli.ui.flavor`Binding security group ${name} to staging as ${user.name}...`;
    await setGlobally(cli, name, "staging", true);
    cli.ui.ok();
    cli.ui.text(SECURITY_GROUP_TIP);
  },
};
