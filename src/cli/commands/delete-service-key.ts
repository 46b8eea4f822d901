import { type Command, flag } from "../command.ts";
import { orNull } from "../errors.ts";
import { KeyNotFound, serviceKeyByName } from "../service-bindings.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";

export const command: Command = {
  usage: `cf delete-service-key SERVICE_INSTANCE SERVICE_KEY [-f] [--wait]

EXAMPLES:
   cf delete-service-key mydb mykey`,
  args: [{ name: "SERVICE_INSTANCE" }, { name: "SERVICE_KEY" }],
  flags: [flag("-f", "Force deletion without confirmation"), WAIT_FLAG],
  related: "service-keys",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("space");
    const [instanceName, name] = [input.arg(0), input.arg(1)];
    if (!input.has("f") && !(await cli.ask.yesNo(`Really delete the service key ${name}?`))) {
      ui.text("Delete cancelled");
      return;
    }
    ui.flavor`Deleting key ${name} for service instance ${instanceName} as ${user.name}...`;
    const key = await orNull(serviceKeyByName(cli, instanceName, name), (error) => error instanceof KeyNotFound);
    if (key === null) {
      ui.text();
      ui.text(`Service key ${name} does not exist for service instance ${instanceName}.`);
      ui.ok();
      return;
    }
    const answer = await cc.send("DELETE", `/v3/service_credential_bindings/${key.guid}`);
    const isDone = await isBrokerDone(cli, answer, input.has("wait"));
    ui.ok();
    if (!isDone) ui.text("Delete in progress.");
  },
};
