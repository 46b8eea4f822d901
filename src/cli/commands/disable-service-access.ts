import type { Command } from "../command.ts";
import { CliError } from "../errors.ts";
import { accessChange, accessFlags, plansToChange, sayAccessChange, saySkipped } from "../service-access.ts";

export const command: Command = {
  usage: "cf disable-service-access SERVICE_OFFERING [-b BROKER] [-p PLAN] [-o ORG]",
  args: [{ name: "SERVICE_OFFERING" }],
  flags: accessFlags("Disable"),
  related: "enable-service-access, marketplace, service-access, service-brokers",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const change = accessChange(input);
    sayAccessChange(cli, "Disabling", user.name, change);
    const plans = await plansToChange(cli, change);
    const orgGuid = change.org === "" ? null : (await cli.orgByName(change.org)).guid;
    if (orgGuid !== null && plans.some((plan) => plan.visibility_type === "public")) {
      throw new CliError("Cannot remove organization level access for public plans.");
    }
    const isClosed = (plan: { readonly visibility_type: string }): boolean => plan.visibility_type === "admin";
    for (const plan of plans.filter((one) => !isClosed(one))) {
      const path = `/v3/service_plans/${plan.guid}/visibility`;
      if (orgGuid === null) await cc.post(path, { type: "admin" });
      else await cc.send("DELETE", `${path}/${orgGuid}`);
    }
    saySkipped(cli, "none", plans.filter(isClosed));
    ui.ok();
  },
};
