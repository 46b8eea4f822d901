import type { Command } from "../command.ts";
import { changedQuota, spaceQuotaByName, UPDATE_QUOTA_FLAGS } from "../quotas.ts";

export const command: Command = {
  usage:
    "cf update-space-quota QUOTA [-m TOTAL_MEMORY] [-i INSTANCE_MEMORY] [-n NEW_NAME] [-r ROUTES] [-s SERVICE_INSTANCES] [-a APP_INSTANCES] [--allow-paid-service-plans | --disallow-paid-service-plans] [--reserved-route-ports RESERVED_ROUTE_PORTS] [-l LOG_VOLUME]",
  args: [{ name: "SPACE_QUOTA_NAME" }],
  flags: UPDATE_QUOTA_FLAGS,
  related: "space, space-quota, space-quotas",
  run: async (cli, input) => {
    const name = input.arg(0);
    const body = changedQuota(name, input);
    const user = cli.requireTarget("org");
    cli.ui.flavor`Updating space quota ${name} for org ${cli.org.name} as ${user.name}...`;
    const quota = await spaceQuotaByName(cli, name);
    await cli.cc.patch(`/v3/space_quotas/${quota.guid}`, body);
    cli.ui.ok();
  },
};
