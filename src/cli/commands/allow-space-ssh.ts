import type { Command } from "../command.ts";
import { setSpaceSsh } from "../space-ssh.ts";

export const command: Command = {
  usage: "cf allow-space-ssh SPACE_NAME",
  args: [{ name: "SPACE" }],
  related: "enable-ssh, space-ssh-allowed, ssh, ssh-enabled",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    cli.ui.flavor`Enabling ssh support for space ${name} as ${user.name}...`;
    if (!(await setSpaceSsh(cli, name, true))) cli.ui.text(`ssh support for space '${name}' is already enabled.`);
    cli.ui.ok();
  },
};
