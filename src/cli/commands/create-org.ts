import { CcFailure } from "../cloud-controller.ts";
import { type Command, value } from "../command.ts";
import { giveOrgQuota } from "../quotas.ts";
import type { Org } from "../resources.ts";

export const command: Command = {
  usage: "cf create-org ORG [-q ORG_QUOTA]",
  args: [{ name: "ORG" }],
  flags: [value("--quota -q", "Quota to assign to the newly created org")],
  related: "create-space, org-quotas, orgs, set-org-role",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    ui.flavor`Creating org ${name} as ${user.name}...`;
    let org: Org;
    try {
      org = await cc.post<Org>("/v3/organizations", { name });
    } catch (error) {
      if (!(error instanceof CcFailure) || !/^Organization '.*' already exists\.$/s.test(error.message)) throw error;
      ui.text(error.message);
      ui.ok();
      return;
    }
    ui.ok();
    const quotaName = input.text("quota");
    if (quotaName !== undefined) {
      ui.flavor`Setting org quota ${quotaName} to org ${name} as ${user.name}...`;
      await giveOrgQuota(cli, quotaName, org.guid);
      ui.ok();
    }
    ui.text(`TIP: Use 'cf target -o "${name}"' to target new org`);
  },
};
