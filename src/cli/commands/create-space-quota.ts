import type { Command } from "../command.ts";
import { CREATE_QUOTA_FLAGS, isQuotaNameTaken, newQuota } from "../quotas.ts";

export const command: Command = {
  usage:
    "cf create-space-quota QUOTA [-m TOTAL_MEMORY] [-i INSTANCE_MEMORY] [-r ROUTES] [-s SERVICE_INSTANCES] [-a APP_INSTANCES] [--allow-paid-service-plans] [--reserved-route-ports RESERVED_ROUTE_PORTS] [-l LOG_VOLUME]",
  args: [{ name: "SPACE_QUOTA_NAME" }],
  flags: CREATE_QUOTA_FLAGS,
  related: "create-space, space-quotas, set-space-quota",
  run: async (cli, input) => {
    const name = input.arg(0);
    const body = newQuota(name, input);
    const user = cli.requireTarget("org");
    cli.ui.flavor`Creating space quota ${name} for org ${cli.org.name} as ${user.name}...`;
    try {
      const relationships = { organization: { data: { guid: cli.org.guid } } };
      await cli.cc.post("/v3/space_quotas", { ...body, relationships });
    } catch (error) {
      if (!isQuotaNameTaken(error)) throw error;
      cli.ui.warn(error.message);
    }
    cli.ui.ok();
  },
};
