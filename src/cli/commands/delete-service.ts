import { type Command, flag } from "../command.ts";
import { orNull } from "../errors.ts";
import { SERVICE_INSTANCE, serviceInstanceByName } from "../service-instances.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";

export const command: Command = {
  usage: "cf delete-service SERVICE_INSTANCE [-f] [-w]",
  args: SERVICE_INSTANCE,
  flags: [flag("--force -f", "Force deletion without confirmation"), WAIT_FLAG],
  related: "services, unbind-service",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0).trim();
    if (!input.has("force")) {
      ui.text(
        "This action impacts all resources scoped to this service instance, including service bindings, service keys and route bindings.",
      );
      ui.text("This will remove the service instance from any spaces where it has been shared.");
      if (!(await cli.ask.yesNo(`Really delete the service instance ${name}?`))) {
        ui.text("Delete cancelled");
        return;
      }
    }
    ui.flavor`Deleting service instance ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const instance = await orNull(serviceInstanceByName(cli, name));
    if (instance === null) {
      ui.text(`Service instance ${name} did not exist.`);
      ui.ok();
      return;
    }
    const answer = await cc.send("DELETE", `/v3/service_instances/${instance.guid}`);
    // A user-provided instance has no broker, and nothing to wait for.
    const isDone = answer.headers.location === undefined || (await isBrokerDone(cli, answer, input.has("wait")));
    if (isDone) ui.flavor`Service instance ${name} deleted.`;
    else ui.text(`Delete in progress. Use 'cf services' or 'cf service ${name}' to check operation status.`);
    ui.ok();
  },
};
