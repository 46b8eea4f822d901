import { type Command, flag } from "../command.ts";
import { orNull } from "../errors.ts";
import { serviceBrokerByName } from "../service-brokers.ts";

export const command: Command = {
  usage: "cf delete-service-broker SERVICE_BROKER [-f]",
  args: [{ name: "SERVICE_BROKER" }],
  flags: [flag("-f", "Force deletion without confirmation")],
  related: "delete-service, purge-service-offering, service-brokers",
  run: async (cli, input) => {
    const { ui } = cli;
    cli.requireTarget("login");
    const name = input.arg(0);
    if (!input.has("f") && !(await cli.ask.yesNo(`Really delete the service broker ${name}?`))) {
      ui.text(`'${name}' has not been deleted.`);
      return;
    }
    ui.flavor`Deleting service broker ${name}...`;
    const broker = await orNull(serviceBrokerByName(cli, name));
    if (broker === null) ui.text(`Service broker '${name}' does not exist.`);
    else await cli.cc.delete(`/v3/service_brokers/${broker.guid}`);
    ui.ok();
  },
};
