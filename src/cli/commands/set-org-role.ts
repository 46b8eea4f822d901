import type { Command } from "../command.ts";
import { giveOrgRole, orgRole, roleFlags, roleHolder } from "../roles.ts";

export const ORG_ROLE_HELP = `ROLES:
   OrgManager - Invite and manage users, select and change plans, and set spending limits
   BillingManager - Create and manage the billing account and payment info
   OrgAuditor - Read-only access to org info and reports`;

export const command: Command = {
  usage: `cf set-org-role USERNAME ORG ROLE
cf set-org-role USERNAME ORG ROLE [--client]
cf set-org-role USERNAME ORG ROLE [--origin ORIGIN]

${ORG_ROLE_HELP}`,
  args: [{ name: "USERNAME" }, { name: "ORG" }, { name: "ROLE" }],
  flags: roleFlags("Assign an org role to a client-id of a (non-user) service account"),
  related: "org-users, set-space-role",
  run: async (cli, input) => {
    const { ui } = cli;
    const holder = roleHolder(input);
    const [shown, type] = orgRole(input.arg(2));
    const user = cli.requireTarget("login");
    const orgName = input.arg(1);
    ui.flavor`Assigning role ${shown} to user ${holder.name} in org ${orgName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    if (!(await giveOrgRole(cli, type, org.guid, holder))) {
      ui.warn(`User '${holder.name}' already has role '${shown}' in org '${orgName}'.`);
    }
    ui.ok();
  },
};
