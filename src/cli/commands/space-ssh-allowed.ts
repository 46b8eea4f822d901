import type { Command } from "../command.ts";
import { enabledText } from "../feature-flags.ts";
import { spaceSsh } from "../space-ssh.ts";

export const command: Command = {
  usage: "cf space-ssh-allowed SPACE_NAME",
  args: [{ name: "SPACE" }],
  related: "allow-space-ssh, ssh-enabled, ssh",
  run: async (cli, input) => {
    cli.requireTarget("org");
    const name = input.arg(0);
    const { enabled } = await spaceSsh(cli, name);
    cli.ui.text(`ssh support is ${enabledText(enabled)} in space '${name}'.`);
  },
};
