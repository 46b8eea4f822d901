import type { Command } from "../command.ts";

export const command: Command = {
  usage: "cf ssh-code",
  related: "curl, ssh",
  run: async (cli) => {
    cli.requireTarget("login");
    // A fresh token: the code is made in its name.
    await cli.cc.get("/v3");
    cli.ui.text(await cli.uaa.sshCode());
  },
};
