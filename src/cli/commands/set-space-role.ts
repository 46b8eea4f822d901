import type { Command } from "../command.ts";
import { giveSpaceRole, roleFlags, roleHolder, spaceRole } from "../roles.ts";

export const SPACE_ROLE_HELP = `ROLES:
   SpaceManager - Invite and manage users, and enable features for a given space
   SpaceDeveloper - Create and manage apps and services, and see logs and reports
   SpaceAuditor - View logs, reports, and settings on this space
   SpaceSupporter [Beta role, subject to change] - Manage app lifecycle and service bindings`;

export const command: Command = {
  usage: `cf set-space-role USERNAME ORG SPACE ROLE
cf set-space-role USERNAME ORG SPACE ROLE [--client]
cf set-space-role USERNAME ORG SPACE ROLE [--origin ORIGIN]

${SPACE_ROLE_HELP}`,
  args: [{ name: "USERNAME" }, { name: "ORG" }, { name: "SPACE" }, { name: "ROLE" }],
  flags: roleFlags("Assign a space role to a client-id of a (non-user) service account"),
  related: "space-users, unset-space-role",
  run: async (cli, input) => {
    const { ui } = cli;
    const holder = roleHolder(input);
    const [shown, type] = spaceRole(input.arg(3));
    const user = cli.requireTarget("login");
    const [orgName, spaceName] = [input.arg(1), input.arg(2)];
    ui.flavor`Assigning role ${shown} to user ${holder.name} in org ${orgName} / space ${spaceName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    const space = await cli.spaceByName(spaceName, org.guid);
    if (!(await giveSpaceRole(cli, type, org.guid, space.guid, holder))) {
      ui.warn(`User '${holder.name}' already has role '${shown}' in org '${orgName}' / space '${spaceName}'.`);
    }
    ui.ok();
  },
};
