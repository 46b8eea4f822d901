import type { Command } from "../command.ts";
import type { Space } from "../resources.ts";

export const command: Command = {
  usage: "cf rename-space SPACE NEW_SPACE_NAME",
  args: [{ name: "SPACE" }, { name: "NEW_SPACE_NAME" }],
  related: "space, spaces, space-quotas, space-users, target",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    const [oldName, name] = [input.arg(0), input.arg(1)];
    cli.ui.flavor`Renaming space ${oldName} to ${name} as ${user.name}...`;
    const { guid } = await cli.spaceByName(oldName, cli.org.guid);
    const renamed = await cli.cc.patch<Space>(`/v3/spaces/${guid}`, { name });
    const { values } = cli.config;
    if (guid === cli.space.guid) values.SpaceFields = { ...values.SpaceFields, Name: renamed.name };
    cli.ui.ok();
  },
};
