import type { Command } from "../command.ts";
import { showRole, usersByRole } from "../users-by-role.ts";

export const command: Command = {
  usage: "cf space-users ORG SPACE",
  args: [{ name: "ORG" }, { name: "SPACE" }],
  related: "org-users, orgs, set-space-role, spaces, unset-space-role",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const [orgName, spaceName] = [input.arg(0), input.arg(1)];
    cli.ui.flavor`Getting users in org ${orgName} / space ${spaceName} as ${user.name}...`;
    cli.ui.text();
    const org = await cli.orgByName(orgName);
    const space = await cli.spaceByName(spaceName, org.guid);
    const byRole = await usersByRole(cli, { space_guids: space.guid });
    showRole(cli, "SPACE MANAGER", byRole.get("space_manager") ?? []);
    showRole(cli, "SPACE DEVELOPER", byRole.get("space_developer") ?? []);
    showRole(cli, "SPACE SUPPORTER", byRole.get("space_supporter") ?? []);
    showRole(cli, "SPACE AUDITOR", byRole.get("space_auditor") ?? []);
  },
};
