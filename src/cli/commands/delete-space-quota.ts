import { type Command, flag } from "../command.ts";
import { NotFound } from "../errors.ts";
import { spaceQuotaByName } from "../quotas.ts";

export const command: Command = {
  usage: "cf delete-space-quota QUOTA [-f]",
  args: [{ name: "QUOTA" }],
  flags: [flag("--force -f", "Force deletion without confirmation")],
  related: "space-quotas",
  run: async (cli, input) => {
    const { ui, org } = cli;
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    if (!input.has("force")) {
      const question = `Really delete the space quota ${name} in org ${org.name}?`;
      if (!(await cli.ask.yesNo(question))) {
        ui.text(`Space quota '${name}' has not been deleted.`);
        return;
      }
    }
    ui.flavor`Deleting space quota ${name} for org ${org.name} as ${user.name}...`;
    try {
      const quota = await spaceQuotaByName(cli, name);
      await cli.cc.delete(`/v3/space_quotas/${quota.guid}`);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.warn(error.message);
    }
    ui.ok();
  },
};
