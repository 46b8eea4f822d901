import type { Command } from "../command.ts";
import { orgQuotaByName, showQuota } from "../quotas.ts";

export const command: Command = {
  usage: "cf org-quota QUOTA",
  args: [{ name: "ORG_QUOTA_NAME" }],
  related: "org, org-quotas",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    cli.ui.flavor`Getting org quota ${name} as ${user.name}...`;
    cli.ui.text();
    showQuota(cli.ui, await orgQuotaByName(cli, name));
  },
};
