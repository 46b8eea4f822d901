import { CcFailure } from "../cloud-controller.ts";
import type { Command } from "../command.ts";
import { orNull } from "../errors.ts";
import { serviceInstanceByName } from "../service-instances.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";
import { PARAMETERS_FLAG, parametersUsage, serviceParameters } from "../service-parameters.ts";

const CALL = "cf create-service-key SERVICE_INSTANCE SERVICE_KEY";

export const command: Command = {
  usage: `${CALL} [-c PARAMETERS_AS_JSON] [--wait]

${parametersUsage(CALL, '{\n  "permissions": "read-only"\n}')}

EXAMPLES:
   cf create-service-key mydb mykey -c '{"permissions":"read-only"}'
   cf create-service-key mydb mykey -c ~/workspace/tmp/instance_config.json`,
  args: [{ name: "SERVICE_INSTANCE" }, { name: "SERVICE_KEY" }],
  flags: [PARAMETERS_FLAG, WAIT_FLAG],
  related: "service-key",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const parameters = await serviceParameters(cli, input);
    const user = cli.requireTarget("space");
    const [instanceName, name] = [input.arg(0), input.arg(1)];
    ui.flavor`Creating service key ${name} for service instance ${instanceName} as ${user.name}...`;
    const { guid } = await serviceInstanceByName(cli, instanceName);
    const json = {
      type: "key",
      name,
      ...(parameters === undefined ? {} : { parameters }),
      relationships: { service_instance: { data: { guid } } },
    };
    const answer = await orNull(cc.send("POST", "/v3/service_credential_bindings", { json }), isNameTaken);
    if (answer === null) {
      ui.text();
      ui.text(`Service key ${name} already exists`);
      ui.ok();
      return;
    }
    const isDone = await isBrokerDone(cli, answer, input.has("wait"));
    ui.ok();
    if (!isDone) ui.text("Create in progress.");
  },
};

function isNameTaken(error: unknown): boolean {
  return error instanceof CcFailure && error.message.includes("Key binding names must be unique");
}
