import type { Command } from "../command.ts";
import { enabledText, type FeatureFlag } from "../feature-flags.ts";

export const command: Command = {
  usage: "cf feature-flags",
  related: "disable-feature-flag, enable-feature-flag, feature-flag",
  run: async (cli) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting feature flags as ${user.name}...`;
    cli.ui.text();
    const { resources } = await cli.cc.list<FeatureFlag>("/v3/feature_flags");
    cli.ui.table([["name", "state"], ...resources.map(({ name, enabled }) => [name, enabledText(enabled)])]);
  },
};
