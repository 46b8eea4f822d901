import type { Command } from "../command.ts";
import { showTarget, target } from "./target.ts";

/** Ours: the official command line has `cf target -s`. */
export const command: Command = {
  usage: "cf switch-space SPACE",
  args: [{ name: "SPACE" }],
  related: "spaces, target",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    await target(cli, undefined, input.arg(0));
    showTarget(cli, user);
  },
};
