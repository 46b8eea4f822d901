import type { Command } from "../command.ts";
import { SECURITY_GROUP_TIP, unbindGlobally } from "../security-groups.ts";

export const command: Command = {
  usage: `cf unbind-running-security-group SECURITY_GROUP\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }],
  related: "apps, restart, running-security-groups, security-groups",
  run: async (cli, input) => await unbindGlobally(cli, input.arg(0), "running"),
};
