import type { Command } from "../command.ts";
import { giveOrgQuota } from "../quotas.ts";

export const command: Command = {
  usage: "cf set-org-quota ORG QUOTA",
  args: [{ name: "ORG" }, { name: "QUOTA" }],
  related: "org-quotas, orgs",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const [orgName, quotaName] = [input.arg(0), input.arg(1)];
    cli.ui.flavor`Setting quota ${quotaName} to org ${orgName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    await giveOrgQuota(cli, quotaName, org.guid);
    cli.ui.ok();
  },
};
