import type { Command } from "../command.ts";
import { CREATE_QUOTA_FLAGS, isQuotaNameTaken, newQuota } from "../quotas.ts";

export const command: Command = {
  usage:
    "cf create-org-quota ORG_QUOTA [-m TOTAL_MEMORY] [-i INSTANCE_MEMORY] [-r ROUTES] [-s SERVICE_INSTANCES] [-a APP_INSTANCES] [--allow-paid-service-plans] [--reserved-route-ports RESERVED_ROUTE_PORTS] [-l LOG_VOLUME]",
  args: [{ name: "ORG_QUOTA_NAME" }],
  flags: CREATE_QUOTA_FLAGS,
  related: "create-org, org-quotas, set-org-quota",
  run: async (cli, input) => {
    const name = input.arg(0);
    const body = newQuota(name, input);
    const user = cli.requireTarget("login");
    cli.ui.flavor`Creating org quota ${name} as ${user.name}...`;
    try {
      await cli.cc.post("/v3/organization_quotas", body);
    } catch (error) {
      if (!isQuotaNameTaken(error)) throw error;
      cli.ui.warn(error.message);
    }
    cli.ui.ok();
  },
};
