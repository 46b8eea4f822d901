import type { Command } from "../command.ts";
import { SECURITY_GROUP_TIP, setGlobally } from "../security-groups.ts";

export const command: Command = {
  usage: `cf bind-running-security-group SECURITY_GROUP\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }],
  related: "apps, bind-security-group, bind-staging-security-group, restart, running-security-groups, security-groups",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    cli.ui.flavor`Binding security group ${name} to running as ${user.name}...`;
    await setGlobally(cli, name, "running", true);
    cli.ui.ok();
    cli.ui.text(SECURITY_GROUP_TIP);
  },
};
