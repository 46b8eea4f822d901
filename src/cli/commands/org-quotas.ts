import type { Command } from "../command.ts";
import { type Quota, showQuotas } from "../quotas.ts";

export const command: Command = {
  usage: "cf org-quotas",
  related: "org-quota",
  run: async (cli) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting org quotas as ${user.name}...`;
    cli.ui.text();
    const { resources } = await cli.cc.list<Quota>("/v3/organization_quotas");
    showQuotas(cli.ui, resources, "No organization quotas found.");
  },
};
