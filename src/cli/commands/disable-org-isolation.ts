import type { Command } from "../command.ts";
import { isolationSegmentByName } from "../isolation-segments.ts";

export const command: Command = {
  usage: "cf disable-org-isolation ORG_NAME SEGMENT_NAME",
  args: [{ name: "ORG_NAME" }, { name: "SEGMENT_NAME" }],
  related: "enable-org-isolation, isolation-segments",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const [orgName, segmentName] = [input.arg(0), input.arg(1)];
    cli.ui.flavor`Removing entitlement to isolation segment ${segmentName} from org ${orgName} as ${user.name}...`;
    const segment = await isolationSegmentByName(cli, segmentName);
    const org = await cli.orgByName(orgName);
    await cli.cc.delete(`/v3/isolation_segments/${segment.guid}/relationships/organizations/${org.guid}`);
    cli.ui.ok();
  },
};
