import type { Command } from "../command.ts";
import { isolationSegmentByName } from "../isolation-segments.ts";

export const command: Command = {
  usage: "cf enable-org-isolation ORG_NAME SEGMENT_NAME",
  args: [{ name: "ORG_NAME" }, { name: "SEGMENT_NAME" }],
  related:
    "create-isolation-segment, isolation-segments, set-org-default-isolation-segment, set-space-isolation-segment",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const [orgName, segmentName] = [input.arg(0), input.arg(1)];
    cli.ui.flavor`Enabling isolation segment ${segmentName} for org ${orgName} as ${user.name}...`;
    const segment = await isolationSegmentByName(cli, segmentName);
    const org = await cli.orgByName(orgName);
    await cli.cc.post(`/v3/isolation_segments/${segment.guid}/relationships/organizations`, {
      data: [{ guid: org.guid }],
    });
    cli.ui.ok();
  },
};
