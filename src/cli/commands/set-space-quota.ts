import type { Command } from "../command.ts";
import { giveSpaceQuota } from "../quotas.ts";

export const command: Command = {
  usage: "cf set-space-quota SPACE QUOTA",
  args: [{ name: "SPACE_NAME" }, { name: "QUOTA" }],
  related: "space, spaces, space-quotas",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    const [spaceName, quotaName] = [input.arg(0), input.arg(1)];
    cli.ui.flavor`Setting space quota ${quotaName} to space ${spaceName} as ${user.name}...`;
    const space = await cli.spaceByName(spaceName, cli.org.guid);
    await giveSpaceQuota(cli, quotaName, cli.org.guid, space.guid);
    cli.ui.ok();
  },
};
