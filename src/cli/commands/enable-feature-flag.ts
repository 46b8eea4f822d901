import type { Command } from "../command.ts";
import { setFeatureFlag } from "../feature-flags.ts";

export const command: Command = {
  usage: "cf enable-feature-flag FEATURE_FLAG_NAME",
  args: [{ name: "FEATURE_NAME" }],
  related: "disable-feature-flag, feature-flag, feature-flags",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    cli.ui.flavor`Enabling feature flag ${name} as ${user.name}...`;
    await setFeatureFlag(cli, name, true);
    cli.ui.ok();
  },
};
