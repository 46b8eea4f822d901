import type { Command } from "../command.ts";
import type { Org } from "../resources.ts";

export const command: Command = {
  usage: "cf rename-org ORG NEW_ORG_NAME",
  args: [{ name: "ORG" }, { name: "NEW_ORG_NAME" }],
  related: "orgs, quotas, set-org-role",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const [oldName, name] = [input.arg(0), input.arg(1)];
    cli.ui.flavor`Renaming org ${oldName} to ${name} as ${user.name}...`;
    const { guid } = await cli.orgByName(oldName);
    const renamed = await cli.cc.patch<Org>(`/v3/organizations/${guid}`, { name });
    if (guid === cli.org.guid) cli.config.values.OrganizationFields = { GUID: guid, Name: renamed.name };
    cli.ui.ok();
  },
};
