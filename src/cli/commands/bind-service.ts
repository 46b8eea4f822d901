import type { Input } from "../args.ts";
import { CcFailure } from "../cloud-controller.ts";
import { type Command, value } from "../command.ts";
import { orNull, UsageError } from "../errors.ts";
import { serviceInstanceByName } from "../service-instances.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";
import { PARAMETERS_FLAG, parametersUsage, serviceParameters } from "../service-parameters.ts";

const CALL = "cf bind-service APP_NAME SERVICE_INSTANCE";

export const command: Command = {
  usage: `${CALL} [-c PARAMETERS_AS_JSON] [--binding-name BINDING_NAME]

${parametersUsage(CALL, '{\n   "permissions": "read-only"\n}')}

Optionally provide a binding name for the association between an app and a service instance:
${CALL} --binding-name BINDING_NAME

Optionally provide the binding strategy type. Valid options are 'single' (default) and 'multiple'. The 'multiple' strategy allows multiple bindings between the same app and service instance.
This is useful for credential rotation scenarios.
${CALL} --strategy multiple

EXAMPLES:
   cf bind-service myapp mydb -c '{"permissions":"read-only"}'
   cf bind-service myapp mydb -c ~/workspace/tmp/instance_config.json --binding-name BINDING_NAME`,
  args: [{ name: "APP_NAME" }, { name: "SERVICE_INSTANCE" }],
  flags: [
    value("--binding-name", "Name to expose service instance to app process with (Default: service instance name)"),
    PARAMETERS_FLAG,
    value("--strategy", "Service binding strategy. Valid values are 'single' (default) and 'multiple'."),
    WAIT_FLAG,
  ],
  related: "services",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const more = bindingOptions(input);
    const parameters = await serviceParameters(cli, input);
    const user = cli.requireTarget("space");
    const [appName, name] = [input.arg(0), input.arg(1)];
    ui.flavor`Binding service instance ${name} to app ${appName} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const instance = await serviceInstanceByName(cli, name);
    const app = await cli.appByName(appName);
    const json = {
      type: "app",
      ...more,
      ...(parameters === undefined ? {} : { parameters }),
      relationships: { service_instance: { data: { guid: instance.guid } }, app: { data: { guid: app.guid } } },
    };
    const answer = await orNull(cc.send("POST", "/v3/service_credential_bindings", { json }), isBound);
    if (answer === null) {
      ui.text(`App ${appName} is already bound to service instance ${name}.`);
      ui.ok();
      return;
    }
    const isDone = await isBrokerDone(cli, answer, input.has("wait"));
    ui.ok();
    const restage = `use 'cf restage ${appName}' to ensure your env variable changes take effect`;
    if (isDone) {
      ui.text(`TIP: U${restage.slice(1)}`);
    } else {
      ui.text(`Binding in progress. Use 'cf service ${name}' to check operation status.`);
      ui.text();
      ui.text(`TIP: Once this operation succeeds, ${restage}`);
    }
  },
};

function isBound(error: unknown): boolean {
  return error instanceof CcFailure && error.message.includes("The app is already bound to the service instance");
}

function bindingOptions(input: Input): { readonly name?: string; readonly strategy?: string } {
  const name = input.text("binding-name");
  if (name === "") throw new UsageError("Incorrect Usage: --binding-name must be at least 1 character in length");
  const strategy = input.text("strategy")?.toLowerCase();
  if (strategy !== undefined && strategy !== "single" && strategy !== "multiple") {
    throw new UsageError('Incorrect Usage: STRATEGY must be "single" or "multiple"');
  }
  return { ...(name === undefined ? {} : { name }), ...(strategy === undefined ? {} : { strategy }) };
}
