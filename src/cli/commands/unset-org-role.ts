import type { Command } from "../command.ts";
import { orgRole, roleFlags, roleHolder, takeRole } from "../roles.ts";
import { ORG_ROLE_HELP } from "./set-org-role.ts";

export const command: Command = {
  usage: `cf unset-org-role USERNAME ORG ROLE
cf unset-org-role USERNAME ORG ROLE [--client]
cf unset-org-role USERNAME ORG ROLE [--origin ORIGIN]

${ORG_ROLE_HELP}`,
  args: [{ name: "USERNAME" }, { name: "ORG" }, { name: "ROLE" }],
  flags: roleFlags("Unassign an org role for a client-id of a (non-user) service account"),
  related: "org-users, set-space-role",
  run: async (cli, input) => {
    const holder = roleHolder(input);
    const [shown, type] = orgRole(input.arg(2));
    const user = cli.requireTarget("login");
    const orgName = input.arg(1);
    cli.ui.flavor`Removing role ${shown} from user ${holder.name} in org ${orgName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    await takeRole(cli, type, { organization_guids: org.guid }, holder);
    cli.ui.ok();
  },
};
