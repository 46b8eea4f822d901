import type { Command } from "../command.ts";
import { setSpaceSsh } from "../space-ssh.ts";

export const command: Command = {
  usage: "cf disallow-space-ssh SPACE_NAME",
  args: [{ name: "SPACE" }],
  related: "disable-ssh, space-ssh-allowed, ssh, ssh-enabled",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    cli.ui.flavor`Disabling ssh support for space ${name} as ${user.name}...`;
    if (!(await setSpaceSsh(cli, name, false))) cli.ui.text(`ssh support for space '${name}' is already disabled.`);
    cli.ui.ok();
  },
};
