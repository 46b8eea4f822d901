import { CcFailure } from "../cloud-controller.ts";
import { type Command, value } from "../command.ts";
import { giveSpaceQuota } from "../quotas.ts";
import type { Space } from "../resources.ts";
import { giveSpaceRole } from "../roles.ts";

export const command: Command = {
  usage: "cf create-space SPACE [-o ORG] [-q QUOTA]",
  args: [{ name: "SPACE" }],
  flags: [value("-o", "Organization"), value("--quota -q", "Quota to assign to the newly created space")],
  related: "set-space-isolation-segment, space-quotas, spaces, target",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const orgName = input.text("o");
    const user = cli.requireTarget(orgName === undefined ? "org" : "login");
    const org = orgName === undefined ? cli.org : await cli.orgByName(orgName);
    const name = input.arg(0);
    ui.flavor`Creating space ${name} in org ${org.name} as ${user.name}...`;
    let space: Space;
    try {
      const relationships = { organization: { data: { guid: org.guid } } };
      space = await cc.post<Space>("/v3/spaces", { name, relationships });
    } catch (error) {
      if (!(error instanceof CcFailure) || !error.message.includes("Name must be unique per organization")) throw error;
      ui.text(`Space '${name}' already exists.`);
      ui.ok();
      return;
    }
    ui.ok();
    const quotaName = input.text("quota");
    if (quotaName !== undefined) {
      ui.flavor`Setting space quota ${quotaName} to space ${name} as ${user.name}...`;
      await giveSpaceQuota(cli, quotaName, org.guid, space.guid);
      ui.ok();
    }
    for (const [shown, type] of [
      ["SpaceManager", "space_manager"],
      ["SpaceDeveloper", "space_developer"],
    ] as const) {
      ui.text(`Assigning role ${shown} to user ${user.name} in org ${org.name} / space ${name} as ${user.name}...`);
      await giveSpaceRole(cli, type, org.guid, space.guid, user);
      ui.ok();
    }
    ui.text(`TIP: Use 'cf target -o "${org.name}" -s "${name}"' to target new space`);
  },
};
