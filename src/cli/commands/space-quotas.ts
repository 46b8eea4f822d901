import type { Command } from "../command.ts";
import { type Quota, showQuotas } from "../quotas.ts";

export const command: Command = {
  usage: "cf space-quotas",
  related: "space-quota, set-space-quota",
  run: async (cli) => {
    const user = cli.requireTarget("org");
    cli.ui.flavor`Getting space quotas for org ${cli.org.name} as ${user.name}...`;
    cli.ui.text();
    const { resources } = await cli.cc.list<Quota>("/v3/space_quotas", { organization_guids: cli.org.guid });
    showQuotas(cli.ui, resources, "No space quotas found.");
  },
};
