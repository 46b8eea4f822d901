import type { Command } from "../command.ts";
import { accessChange, accessFlags, plansToChange, sayAccessChange, saySkipped } from "../service-access.ts";
import type { ServicePlan } from "../service-plans.ts";

export const command: Command = {
  usage: "cf enable-service-access SERVICE_OFFERING [-b BROKER] [-p PLAN] [-o ORG]",
  args: [{ name: "SERVICE_OFFERING" }],
  flags: accessFlags("Enable"),
  related: "disable-service-access, marketplace, service-access, service-brokers",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const change = accessChange(input);
    sayAccessChange(cli, "Enabling", user.name, change);
    const plans = await plansToChange(cli, change);
    const visibility =
      change.org === ""
        ? { type: "public" }
        : { type: "organization", organizations: [{ guid: (await cli.orgByName(change.org)).guid }] };
    const skipped: ServicePlan[] = [];
    for (const plan of plans) {
      if (change.org !== "" && plan.visibility_type === "public") skipped.push(plan);
      else await cc.post(`/v3/service_plans/${plan.guid}/visibility`, visibility);
    }
    saySkipped(cli, "all", skipped);
    ui.ok();
  },
};
