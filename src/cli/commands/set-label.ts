import type { Command } from "../command.ts";
import { CliError } from "../errors.ts";
import { changeLabels, LABEL_FLAGS, LABEL_RESOURCES, labelTarget } from "../label-resources.ts";

export const command: Command = {
  usage: `cf set-label RESOURCE RESOURCE_NAME KEY=VALUE...

EXAMPLES:
   cf set-label app dora env=production
   cf set-label org business pci=true public-facing=false
   cf set-label buildpack go_buildpack go=1.12 -s cflinuxfs4

${LABEL_RESOURCES}`,
  args: [{ name: "RESOURCE" }, { name: "RESOURCE_NAME" }, { name: "KEY=VALUE", many: true }],
  flags: LABEL_FLAGS,
  related: "labels, unset-label",
  run: async (cli, input) => {
    const labels: Record<string, string> = {};
    for (const word of input.from(2)) {
      const equals = word.indexOf("=");
      if (equals < 0) throw new CliError(`Metadata error: no value provided for label '${word}'`);
      labels[word.slice(0, equals)] = word.slice(equals + 1);
    }
    await changeLabels(cli, labelTarget(input), "Setting", labels);
  },
};
