import { type Command, flag } from "../command.ts";
import { orNull } from "../errors.ts";
import { SERVICE_INSTANCE, serviceInstanceByName } from "../service-instances.ts";

const WARNING =
  "WARNING: This operation assumes that the service broker responsible for this service instance is no longer available or is not responding with a 200 or 410, and the service instance has been deleted, leaving orphan records in Cloud Foundry's database. All knowledge of the service instance will be removed from Cloud Foundry, including service bindings and service keys.";

export const command: Command = {
  usage: `cf purge-service-instance SERVICE_INSTANCE [-f]\n\n${WARNING}`,
  args: SERVICE_INSTANCE,
  flags: [flag("--force -f", "Force deletion without confirmation")],
  related: "delete-service, service-brokers, services",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0).trim();
    if (!input.has("force")) {
      ui.text(WARNING);
      ui.text();
      if (!(await cli.ask.yesNo(`Really purge service instance ${name} from Cloud Foundry?`))) {
        ui.text("Purge cancelled");
        return;
      }
    }
    ui.flavor`Purging service instance ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const instance = await orNull(serviceInstanceByName(cli, name));
    if (instance !== null) await cc.send("DELETE", `/v3/service_instances/${instance.guid}?purge=true`);
    ui.text();
    ui.text(`Service instance ${name} ${instance === null ? "did not exist" : "purged"}.`);
    ui.ok();
  },
};
