import type { Command } from "../command.ts";
import { isolationSegmentByName, setOrgDefaultSegment } from "../isolation-segments.ts";

export const command: Command = {
  usage: "cf set-org-default-isolation-segment ORG_NAME SEGMENT_NAME",
  args: [{ name: "ORG_NAME" }, { name: "SEGMENT_NAME" }],
  related: "org, set-space-isolation-segment",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const [orgName, segmentName] = [input.arg(0), input.arg(1)];
    cli.ui.flavor`Setting isolation segment ${segmentName} to default on org ${orgName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    const segment = await isolationSegmentByName(cli, segmentName);
    await setOrgDefaultSegment(cli, org.guid, segment.guid);
    cli.ui.ok();
    cli.ui.text("TIP: Restart applications in this organization to relocate them to this isolation segment.");
  },
};
