import type { Command } from "../command.ts";
import { enabledText, featureFlag } from "../feature-flags.ts";

export const command: Command = {
  usage: "cf feature-flag FEATURE_FLAG_NAME",
  args: [{ name: "FEATURE_NAME" }],
  related: "disable-feature-flag, enable-feature-flag, feature-flags",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    cli.ui.flavor`Getting info for feature flag ${name} as ${user.name}...`;
    cli.ui.text();
    const found = await featureFlag(cli, name);
    cli.ui.table([
      ["Features", "State"],
      [found.name, enabledText(found.enabled)],
    ]);
  },
};
