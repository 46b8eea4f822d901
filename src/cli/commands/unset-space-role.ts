import type { Command } from "../command.ts";
import { roleFlags, roleHolder, spaceRole, takeRole } from "../roles.ts";
import { SPACE_ROLE_HELP } from "./set-space-role.ts";

export const command: Command = {
  usage: `cf unset-space-role USERNAME ORG SPACE ROLE
cf unset-space-role USERNAME ORG SPACE ROLE [--client]
cf unset-space-role USERNAME ORG SPACE ROLE [--origin ORIGIN]

${SPACE_ROLE_HELP}`,
  args: [{ name: "USERNAME" }, { name: "ORG" }, { name: "SPACE" }, { name: "ROLE" }],
  flags: roleFlags("Remove space role from a client-id of a (non-user) service account"),
  related: "set-space-role, space-users",
  run: async (cli, input) => {
    const { ui } = cli;
    const holder = roleHolder(input);
    const [shown, type] = spaceRole(input.arg(3));
    const user = cli.requireTarget("login");
    const [orgName, spaceName] = [input.arg(1), input.arg(2)];
    ui.flavor`Removing role ${shown} from user ${holder.name} in org ${orgName} / space ${spaceName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    const space = await cli.spaceByName(spaceName, org.guid);
    await takeRole(cli, type, { space_guids: space.guid }, holder);
    ui.ok();
  },
};
