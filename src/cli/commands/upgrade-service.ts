import { type Command, flag } from "../command.ts";
import { SERVICE_INSTANCE, serviceInstanceByName } from "../service-instances.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";
import type { ServicePlan } from "../service-plans.ts";

export const command: Command = {
  usage: "cf upgrade-service SERVICE_INSTANCE",
  args: SERVICE_INSTANCE,
  flags: [flag("--force -f", "Force upgrade without asking for confirmation"), WAIT_FLAG],
  related: "services, update-service, update-user-provided-service",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0).trim();
    if (!input.has("force")) {
      ui.text(
        "Warning: This operation may be long running and will block further operations on the service instance until it's completed",
      );
      if (!(await cli.ask.yesNo(`Do you really want to upgrade the service instance ${name}?`))) {
        ui.text("Upgrade cancelled");
        return;
      }
    }
    ui.flavor`Upgrading service instance ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const instance = await serviceInstanceByName(cli, name);
    if (instance.upgrade_available !== true) {
      ui.text("No upgrade is available.");
      ui.ok();
      return;
    }
    const planGuid = instance.relationships.service_plan?.data?.guid ?? "";
    const plan = await cc.get<ServicePlan>(`/v3/service_plans/${planGuid}`);
    const json = { maintenance_info: { version: plan.maintenance_info?.version ?? "" } };
    const answer = await cc.send("PATCH", `/v3/service_instances/${instance.guid}`, { json });
    if (await isBrokerDone(cli, answer, input.has("wait"))) ui.flavor`Upgrade of service instance ${name} complete.`;
    else ui.flavor`Upgrade in progress. Use 'cf services' or 'cf service ${name}' to check operation status.`;
    ui.ok();
  },
};
