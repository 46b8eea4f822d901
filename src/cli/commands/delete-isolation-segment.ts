import { type Command, flag } from "../command.ts";
import { NotFound } from "../errors.ts";
import { isolationSegmentByName } from "../isolation-segments.ts";

export const command: Command = {
  usage: "cf delete-isolation-segment SEGMENT_NAME",
  args: [{ name: "SEGMENT_NAME" }],
  flags: [flag("-f", "Force deletion without confirmation")],
  related: "disable-org-isolation, isolation-segments",
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    if (!input.has("f") && !(await cli.ask.yesNo(`Really delete the isolation segment ${name}?`))) {
      ui.text("Delete cancelled");
      return;
    }
    ui.flavor`Deleting isolation segment ${name} as ${user.name}...`;
    try {
      const segment = await isolationSegmentByName(cli, name);
      await cli.cc.delete(`/v3/isolation_segments/${segment.guid}`);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.warn(`Isolation segment ${name} does not exist.`);
    }
    ui.ok();
  },
};
