import { type Command, value } from "../command.ts";
import { appBindings } from "../service-bindings.ts";
import { serviceInstanceByName } from "../service-instances.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";

export const command: Command = {
  usage: "cf unbind-service APP_NAME SERVICE_INSTANCE",
  args: [{ name: "APP_NAME" }, { name: "SERVICE_INSTANCE" }],
  flags: [WAIT_FLAG, value("--guid", "Only delete the service binding with the specified GUID")],
  related: "apps, delete-service, services",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const [appName, name] = [input.arg(0), input.arg(1)];
    ui.flavor`Unbinding app ${appName} from service ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const instance = await serviceInstanceByName(cli, name);
    const app = await cli.appByName(appName);
    const bindings = await appBindings(cli, app.guid, instance.guid);
    if (bindings.length === 0) {
      ui.text(`Binding between ${name} and ${appName} does not exist`);
      ui.ok();
      return;
    }
    const guid = input.text("guid") ?? "";
    const wanted = guid === "" ? bindings : bindings.filter((binding) => binding.guid === guid);
    if (wanted.length === 0) {
      ui.text(`Service binding with GUID ${guid} does not exist`);
      ui.ok();
      return;
    }
    for (const binding of wanted) {
      ui.text(`Deleting service binding ${binding.guid}...`);
      const answer = await cc.send("DELETE", `/v3/service_credential_bindings/${binding.guid}`);
      const isDone = await isBrokerDone(cli, answer, input.has("wait"));
      ui.ok();
      if (!isDone) ui.text(`Unbinding in progress. Use 'cf service ${name}' to check operation status.`);
    }
  },
};
