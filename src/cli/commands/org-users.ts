import { type Command, flag } from "../command.ts";
import type { User } from "../resources.ts";
import { showRole, usersByRole } from "../users-by-role.ts";

export const command: Command = {
  usage: "cf org-users ORG",
  args: [{ name: "ORG" }],
  flags: [flag("--all-users -a", "List all users with roles in the org or in spaces within the org")],
  related: "orgs, set-org-role",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting users in org ${input.arg(0)} as ${user.name}...`;
    cli.ui.text();
    const org = await cli.orgByName(input.arg(0));
    const byRole = await usersByRole(cli, { organization_guids: org.guid });
    const withRole = (role: string): User[] => byRole.get(role) ?? [];
    if (input.has("all-users")) {
      const roles = [
        "organization_user",
        "organization_manager",
        "organization_billing_manager",
        "organization_auditor",
      ];
      const all = new Map(roles.flatMap(withRole).map((member) => [member.guid, member]));
      showRole(cli, "ORG USERS", [...all.values()]);
      return;
    }
    showRole(cli, "ORG MANAGER", withRole("organization_manager"));
    showRole(cli, "BILLING MANAGER", withRole("organization_billing_manager"));
    showRole(cli, "ORG AUDITOR", withRole("organization_auditor"));
  },
};
