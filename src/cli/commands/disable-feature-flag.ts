import type { Command } from "../command.ts";
import { setFeatureFlag } from "../feature-flags.ts";

export const command: Command = {
  usage: "cf disable-feature-flag FEATURE_FLAG_NAME",
  args: [{ name: "FEATURE_NAME" }],
  related: "enable-feature-flag, feature-flag, feature-flags",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    cli.ui.flavor`Disabling feature flag ${name} as ${user.name}...`;
    await setFeatureFlag(cli, name, false);
    cli.ui.ok();
  },
};
