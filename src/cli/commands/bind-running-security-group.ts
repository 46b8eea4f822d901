import type { Command } from "../command.ts";
import { bindGlobally, SECURITY_GROUP_TIP } from "../security-groups.ts";

export const command: Command = {
  usage: `cf bind-running-security-group SECURITY_GROUP\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }],
  related: "apps, bind-security-group, bind-staging-security-group, restart, running-security-groups, security-groups",
  run: async (cli, input) => await bindGlobally(cli, input.arg(0), "running"),
};
