import { type Command, flag, value } from "../command.ts";
import { orNull } from "../errors.ts";
import { serviceOfferingByName } from "../service-offerings.ts";

const WARNING =
  "WARNING: This operation assumes that the service broker responsible for this service offering is no longer available, and all service instances have been deleted, leaving orphan records in Cloud Foundry's database. All knowledge of the service offering will be removed from Cloud Foundry, including service instances and service bindings. No attempt will be made to contact the service broker; running this command without destroying the service broker will cause orphan service instances. After running this command you may want to run either delete-service-auth-token or delete-service-broker to complete the cleanup.";

export const command: Command = {
  usage: `cf purge-service-offering SERVICE_OFFERING [-b BROKER] [-f]\n\n${WARNING}`,
  args: [{ name: "SERVICE_OFFERING" }],
  flags: [
    value(
      "-b",
      "Purge a service offering from a particular service broker. Required when service offering name is ambiguous",
    ),
    flag("-f", "Force deletion without confirmation"),
  ],
  related: "marketplace, purge-service-instance, service-brokers",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    cli.requireTarget("login");
    const name = input.arg(0);
    const broker = input.text("b") ?? "";
    if (!input.has("f")) {
      ui.text(`${WARNING}\n`);
      const from = broker === "" ? "" : ` from broker ${broker}`;
      if (!(await cli.ask.yesNo(`Really purge service offering ${name}${from} from Cloud Foundry?`))) {
        ui.text("Purge service offering cancelled.\n");
        return;
      }
    }
    ui.text(`Purging service offering ${name}...`);
    const offering = await orNull(serviceOfferingByName(cli, name, broker));
    if (offering === null) ui.text(`Service offering '${name}' not found.`);
    else await cc.send("DELETE", `/v3/service_offerings/${offering.guid}?purge=true`);
    ui.ok();
  },
};
