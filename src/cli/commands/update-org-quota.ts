import type { Command } from "../command.ts";
import { changedQuota, orgQuotaByName, UPDATE_QUOTA_FLAGS } from "../quotas.ts";

export const command: Command = {
  usage:
    "cf update-org-quota QUOTA [-m TOTAL_MEMORY] [-i INSTANCE_MEMORY] [-n NEW_NAME] [-r ROUTES] [-s SERVICE_INSTANCES] [-a APP_INSTANCES] [--allow-paid-service-plans | --disallow-paid-service-plans] [--reserved-route-ports RESERVED_ROUTE_PORTS] [-l LOG_VOLUME]",
  args: [{ name: "ORG_QUOTA_NAME" }],
  flags: UPDATE_QUOTA_FLAGS,
  related: "org, org-quota",
  run: async (cli, input) => {
    const name = input.arg(0);
    const body = changedQuota(name, input);
    const user = cli.requireTarget("login");
    cli.ui.flavor`Updating org quota ${name} as ${user.name}...`;
    const quota = await orgQuotaByName(cli, name);
    await cli.cc.patch(`/v3/organization_quotas/${quota.guid}`, body);
    cli.ui.ok();
  },
};
