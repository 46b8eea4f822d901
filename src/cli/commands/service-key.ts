import type { Cli } from "../cli.ts";
import { type Command, flag } from "../command.ts";
import { jsonText } from "../go-json.ts";
import { serviceKeyByName } from "../service-bindings.ts";

export const command: Command = {
  usage: `cf service-key SERVICE_INSTANCE SERVICE_KEY

EXAMPLES:
   cf service-key mydb mykey`,
  args: [{ name: "SERVICE_INSTANCE" }, { name: "SERVICE_KEY" }],
  flags: [
    flag("--guid", "Retrieve and display the given service-key's guid. All other output is suppressed."),
    flag("--json", "Output credentials as JSON. All other output is suppressed."),
  ],
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("space");
    const [instanceName, name] = [input.arg(0), input.arg(1)];
    if (input.has("guid")) {
      ui.text((await serviceKeyByName(cli, instanceName, name)).guid);
      return;
    }
    if (!input.has("json")) ui.flavor`Getting key ${name} for service instance ${instanceName} as ${user.name}...`;
    const credentials = await credentialsOf(cli, instanceName, name);
    if (!input.has("json")) ui.text();
    ui.text(`${jsonText({ credentials })}\n`);
  },
};

async function credentialsOf(cli: Cli, instanceName: string, name: string): Promise<unknown> {
  const { guid } = await serviceKeyByName(cli, instanceName, name);
  const path = `/v3/service_credential_bindings/${guid}/details`;
  return (await cli.cc.get<{ readonly credentials?: unknown }>(path)).credentials ?? null;
}
