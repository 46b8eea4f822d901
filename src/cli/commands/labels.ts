import type { Command } from "../command.ts";
import { kindOf, LABEL_FLAGS, LABEL_RESOURCES, labelPlace, labelTarget } from "../label-resources.ts";

/** Of these the official one leaves a second empty line. */
const APART: ReadonlySet<string> = new Set(["domain", "org", "service-broker", "stack"]);

export const command: Command = {
  usage: `cf labels RESOURCE RESOURCE_NAME

EXAMPLES:
   cf labels app dora
   cf labels org business
   cf labels buildpack go_buildpack --stack cflinuxfs4

${LABEL_RESOURCES}`,
  args: [{ name: "RESOURCE" }, { name: "RESOURCE_NAME" }],
  flags: LABEL_FLAGS,
  related: "set-label, unset-label",
  run: async (cli, input) => {
    const { ui } = cli;
    const target = labelTarget(input);
    const kind = kindOf(target);
    const user = cli.requireTarget(kind.needs);
    const name = ui.bright(target.name);
    ui.text(`Getting labels for ${target.type} ${name}${labelPlace(cli, target)} as ${ui.bright(user.name)}...`);
    if (APART.has(target.type.toLowerCase())) ui.text();
    const { metadata } = await kind.find(cli, target);
    const labels = Object.entries(metadata?.labels ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
    ui.text();
    if (labels.length === 0) ui.text("No labels found.");
    else ui.table([["key", "value"], ...labels]);
  },
};
