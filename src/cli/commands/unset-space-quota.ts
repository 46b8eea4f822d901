import type { Command } from "../command.ts";
import { spaceQuotaByName } from "../quotas.ts";

export const command: Command = {
  usage: "cf unset-space-quota SPACE SPACE_QUOTA",
  args: [{ name: "SPACE_NAME" }, { name: "SPACE_QUOTA" }],
  related: "space",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    const [spaceName, quotaName] = [input.arg(0), input.arg(1)];
    cli.ui.flavor`Unassigning space quota ${quotaName} from space ${spaceName} as ${user.name}...`;
    const space = await cli.spaceByName(spaceName, cli.org.guid);
    const quota = await spaceQuotaByName(cli, quotaName);
    await cli.cc.delete(`/v3/space_quotas/${quota.guid}/relationships/spaces/${space.guid}`);
    cli.ui.ok();
  },
};
