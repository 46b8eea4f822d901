import type { Command } from "../command.ts";
import { NotFound } from "../errors.ts";
import { SECURITY_GROUP_TIP, setGlobally } from "../security-groups.ts";

export const command: Command = {
  usage: `cf unbind-staging-security-group SECURITY_GROUP\n\n${SECURITY_GROUP_TIP}`,
  args: [{ name: "SECURITY_GROUP" }],
  related: "apps, restart, security-groups, staging-security-groups",
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    ui.flavor`Unbinding security group ${name} from defaults for staging as ${user.name}...`;
    try {
      await setGlobally(cli, name, "staging", false);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.warn(error.message);
      ui.ok();
      return;
    }
    ui.ok();
    ui.text(SECURITY_GROUP_TIP);
  },
};
