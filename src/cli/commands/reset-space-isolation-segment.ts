import type { Command } from "../command.ts";
import { setSpaceSegment } from "../isolation-segments.ts";
import type { ToOne } from "../resources.ts";

export const command: Command = {
  usage: "cf reset-space-isolation-segment SPACE_NAME",
  args: [{ name: "SPACE_NAME" }],
  related: "org, restart, space",
  run: async (cli, input) => {
    const { ui, cc, org } = cli;
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    ui.flavor`Resetting isolation segment assignment of space ${name} in org ${org.name} as ${user.name}...`;
    const space = await cli.spaceByName(name, org.guid);
    await setSpaceSegment(cli, space.guid, null);
    const standard = await cc.get<ToOne>(`/v3/organizations/${org.guid}/relationships/default_isolation_segment`);
    const where = standard.data === null ? "the platform default" : "this organization's default isolation segment";
    ui.ok();
    ui.text(`TIP: Restart applications in this space to relocate them to ${where}.`);
  },
};
