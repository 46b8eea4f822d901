import type { Command } from "../command.ts";
import { setOrgDefaultSegment } from "../isolation-segments.ts";

export const command: Command = {
  usage: "cf reset-org-default-isolation-segment ORG_NAME",
  args: [{ name: "ORG_NAME" }],
  related: "org, restart",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    cli.ui.flavor`Resetting default isolation segment of org ${name} as ${user.name}...`;
    const org = await cli.orgByName(name);
    await setOrgDefaultSegment(cli, org.guid, null);
    cli.ui.ok();
    cli.ui.text(
      "TIP: Restart applications in spaces without assigned isolation segments to move them to the platform default.",
    );
  },
};
