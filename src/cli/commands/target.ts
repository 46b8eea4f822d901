import type { Cli } from "../cli.ts";
import { type Command, value } from "../command.ts";
import type { CurrentUser } from "../current-user.ts";
import { CliError } from "../errors.ts";
import type { Space } from "../resources.ts";

export const command: Command = {
  usage: "cf target [-o ORG] [-s SPACE]",
  flags: [value("-o", "Organization"), value("-s", "Space")],
  related: "create-org, create-space, login, orgs, spaces",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    await target(cli, input.text("o"), input.text("s"));
    showTarget(cli, user);
  },
};

/** Targets an org, a space or both; on failure nothing of what was asked for stays targeted. */
export async function target(cli: Cli, orgName: string | undefined, spaceName: string | undefined): Promise<void> {
  const { config, cc } = cli;
  try {
    if (orgName !== undefined) {
      const org = await cli.orgByName(orgName);
      config.values.OrganizationFields = { GUID: org.guid, Name: org.name };
      config.unsetSpace();
      if (spaceName === undefined) {
        const { resources } = await cc.list<Space>("/v3/spaces", { organization_guids: org.guid });
        if (resources.length === 1) keepSpace(cli, resources[0]!);
      }
    }
    if (spaceName !== undefined) {
      if (cli.org.guid === "") throw new CliError("No org targeted, use 'cf target -o ORG' to target an org.");
      keepSpace(cli, await cli.spaceByName(spaceName, cli.org.guid));
    }
  } catch (error) {
    if (orgName !== undefined) config.unsetOrgAndSpace();
    else if (spaceName !== undefined) config.unsetSpace();
    throw error;
  }
}

export function showTarget({ ui, config, org, space }: Cli, user: CurrentUser): void {
  ui.keyValues([
    ["API endpoint:", config.values.Target],
    ["API version:", config.values.APIVersion],
    ["user:", user.name],
    org.guid === "" ? null : ["org:", org.name],
    space.guid === "" ? null : ["space:", space.name],
  ]);
  if (org.guid === "") ui.text("No org or space targeted, use 'cf target -o ORG -s SPACE'");
  else if (space.guid === "") ui.text("No space targeted, use 'cf target -s SPACE'");
}

function keepSpace(cli: Cli, space: Space): void {
  cli.config.values.SpaceFields = { GUID: space.guid, Name: space.name, AllowSSH: true };
}
