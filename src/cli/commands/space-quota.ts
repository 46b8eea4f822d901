import type { Command } from "../command.ts";
import { showQuota, spaceQuotaByName } from "../quotas.ts";

export const command: Command = {
  usage: "cf space-quota QUOTA",
  args: [{ name: "SPACE_QUOTA_NAME" }],
  related: "space, space-quotas",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    cli.ui.flavor`Getting space quota ${name} for org ${cli.org.name} as ${user.name}...`;
    cli.ui.text();
    showQuota(cli.ui, await spaceQuotaByName(cli, name));
  },
};
