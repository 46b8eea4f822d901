import type { Input } from "../args.ts";
import type { Cli } from "../cli.ts";
import { APP_NAME, type Command, flag, value } from "../command.ts";
import { NotFound } from "../errors.ts";
import { integer } from "../flag-values.ts";
import { instanceOf, outdatedBindings } from "../outdated-bindings.ts";
import type { Resource } from "../resources.ts";
import { appBindings, type ServiceBinding } from "../service-bindings.ts";
import { serviceInstanceByName } from "../service-instances.ts";
import { isBrokerDone } from "../service-operation.ts";

export const command: Command = {
  usage: `cf cleanup-outdated-service-bindings APP_NAME [--keep-last N] [--service-instance SERVICE_INSTANCE_NAME] [--force] [--wait]

EXAMPLES:
   cf cleanup-outdated-service-bindings myapp
   cf cleanup-outdated-service-bindings myapp --keep-last 2 --service-instance myinstance --wait`,
  args: APP_NAME,
  flags: [
    flag("--force -f", "Force deletion without confirmation"),
    value("--keep-last", "Keep the last N service bindings (default: 1)"),
    value("--service-instance", "Only delete service bindings for the specified service instance"),
    flag("--wait -w", "Wait for the operation(s) to complete"),
  ],
  related: "bind-service, unbind-service",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const keepLast = integer(input, "keep-last", /^[+-]?\d+$/);
    const user = cli.requireTarget("space");
    const appName = input.arg(0);
    ui.flavor`Cleaning up outdated service bindings for app ${appName} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const bindings = await bindingsOf(cli, input);
    let keep = keepLast ?? 1;
    if (keep < 1) {
      ui.warn(`Invalid argument for --keep-last: ${keep}. Using default value of 1.`);
      keep = 1;
    }
    const outdated = outdatedBindings(bindings, keep);
    if (outdated.length === 0) {
      ui.text("No outdated service bindings found.");
      ui.ok();
      return;
    }
    ui.text(`Found ${outdated.length} outdated service binding${outdated.length === 1 ? "" : "s"}.`);
    if (!input.has("force") && !(await cli.ask.yesNo("Really delete all outdated service bindings?"))) {
      ui.text("Outdated service bindings have not been deleted.");
      return;
    }
    for (const binding of outdated) {
      ui.text(`Deleting service binding ${binding.guid}...`);
      const answer = await cc.send("DELETE", `/v3/service_credential_bindings/${binding.guid}`);
      const isDone = await isBrokerDone(cli, answer, input.has("wait"));
      if (isDone) {
        ui.ok();
        continue;
      }
      const { name } = await cc.get<Resource>(`/v3/service_instances/${instanceOf(binding)}`);
      ui.ok();
      ui.text(`Unbinding in progress. Use 'cf service ${name}' to check operation status.`);
    }
  },
};

/** Of the app; with `--service-instance` there must be some with this one. */
async function bindingsOf(cli: Cli, input: Input): Promise<readonly ServiceBinding[]> {
  const instanceName = input.text("service-instance") ?? "";
  if (instanceName === "") return await appBindings(cli, (await cli.appByName(input.arg(0))).guid);
  const instance = await serviceInstanceByName(cli, instanceName);
  const app = await cli.appByName(input.arg(0));
  const bindings = await appBindings(cli, app.guid, instance.guid);
  if (bindings.length > 0) return bindings;
  throw new NotFound(
    `Service binding for application GUID '${app.guid}', and service instance GUID '${instance.guid}' not found.`,
  );
}
