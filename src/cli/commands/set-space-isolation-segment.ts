import type { Command } from "../command.ts";
import { isolationSegmentByName, setSpaceSegment } from "../isolation-segments.ts";

export const command: Command = {
  usage: "cf set-space-isolation-segment SPACE_NAME SEGMENT_NAME",
  args: [{ name: "SPACE_NAME" }, { name: "SEGMENT_NAME" }],
  related: "org, reset-space-isolation-segment, restart, set-org-default-isolation-segment, space",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    cli.ui.flavor`Updating isolation segment of space ${name} in org ${cli.org.name} as ${user.name}...`;
    const space = await cli.spaceByName(name, cli.org.guid);
    const segment = await isolationSegmentByName(cli, input.arg(1));
    await setSpaceSegment(cli, space.guid, segment.guid);
    cli.ui.ok();
    cli.ui.text("TIP: Restart applications in this space to relocate them to this isolation segment.");
  },
};
