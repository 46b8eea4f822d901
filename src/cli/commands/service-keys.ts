import type { Command } from "../command.ts";
import { operationText, serviceKeys } from "../service-bindings.ts";
import { SERVICE_INSTANCE } from "../service-instances.ts";

export const command: Command = {
  usage: `cf service-keys SERVICE_INSTANCE

EXAMPLES:
   cf service-keys mydb`,
  args: SERVICE_INSTANCE,
  related: "delete-service-key",
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0).trim();
    ui.flavor`Getting keys for service instance ${name} as ${user.name}...`;
    ui.text();
    const keys = await serviceKeys(cli, name);
    if (keys.length === 0) {
      ui.text(`No service keys for service instance ${name}`);
      return;
    }
    const rows = keys.map((key) => [
      key.name,
      operationText(key.last_operation),
      key.last_operation?.description ?? "",
    ]);
    ui.table([["name", "last operation", "message"], ...rows]);
  },
};
