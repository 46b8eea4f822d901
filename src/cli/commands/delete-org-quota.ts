import { type Command, flag } from "../command.ts";
import { NotFound } from "../errors.ts";
import { orgQuotaByName } from "../quotas.ts";

export const command: Command = {
  usage: "cf delete-org-quota QUOTA [-f]",
  args: [{ name: "QUOTA" }],
  flags: [flag("--force -f", "Force deletion without confirmation")],
  related: "org-quotas",
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    if (!input.has("force") && !(await cli.ask.yesNo(`Really delete the org quota ${name}?`))) {
      ui.text(`Organization quota '${name}' has not been deleted.`);
      return;
    }
    ui.flavor`Deleting org quota ${name} as ${user.name}...`;
    try {
      const quota = await orgQuotaByName(cli, name);
      await cli.cc.delete(`/v3/organization_quotas/${quota.guid}`);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.warn(error.message);
    }
    ui.ok();
  },
};
