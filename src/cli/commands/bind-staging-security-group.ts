import type { Command } from "../command.ts";
import { bindGlobally, SECURITY_GROUP_TIP } from "../security-groups.ts";

export const command: Command = {
  usage: `cf bind-staging-security-group SECURITY_GROUP\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }],
  related: "apps, bind-running-security-group, bind-security-group, restart, security-groups, staging-security-groups",
  run: async (cli, input) => await bindGlobally(cli, input.arg(0), "staging"),
};
