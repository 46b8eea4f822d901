import type { Command } from "../command.ts";
import { changeLabels, LABEL_FLAGS, LABEL_RESOURCES, labelTarget } from "../label-resources.ts";

export const command: Command = {
  usage: `cf unset-label RESOURCE RESOURCE_NAME KEY...

EXAMPLES:
   cf unset-label app dora ci_signature_sha2
   cf unset-label org business pci public-facing
   cf unset-label buildpack go_buildpack go -s cflinuxfs4

${LABEL_RESOURCES}`,
  args: [{ name: "RESOURCE" }, { name: "RESOURCE_NAME" }, { name: "KEY", many: true }],
  flags: LABEL_FLAGS.filter(({ long }) => long !== "lifecycle"),
  related: "labels, set-label",
  run: async (cli, input) => {
    const labels = Object.fromEntries(input.from(2).map((key) => [key, null]));
    await changeLabels(cli, labelTarget(input), "Removing", labels);
  },
};
