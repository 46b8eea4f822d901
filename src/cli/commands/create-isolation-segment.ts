import { CcFailure } from "../cloud-controller.ts";
import type { Command } from "../command.ts";

export const command: Command = {
  usage: `cf create-isolation-segment SEGMENT_NAME

NOTES:
   The isolation segment name must match the placement tag applied to the Diego cell.`,
  args: [{ name: "SEGMENT_NAME" }],
  related: "enable-org-isolation, isolation-segments",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    cli.ui.flavor`Creating isolation segment ${name} as ${user.name}...`;
    try {
      await cli.cc.post("/v3/isolation_segments", { name });
    } catch (error) {
      if (!(error instanceof CcFailure) || error.status !== 422) throw error;
      cli.ui.warn(`Isolation segment '${name}' already exists.`);
    }
    cli.ui.ok();
  },
};
