import type { Command } from "../command.ts";
import { userProvided, userProvidedFlags, userProvidedUsage } from "../service-credentials.ts";
import { isNameTaken, SERVICE_INSTANCE } from "../service-instances.ts";

export const command: Command = {
  usage: userProvidedUsage("cf create-user-provided-service"),
  args: SERVICE_INSTANCE,
  flags: userProvidedFlags(),
  related: "bind-service, services",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const given = await userProvided(cli, input);
    const user = cli.requireTarget("space");
    const name = input.arg(0).trim();
    ui.flavor`Creating user provided service ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const relationships = { space: { data: { guid: space.guid } } };
    try {
      await cc.post("/v3/service_instances", { type: "user-provided", name, ...given, relationships });
    } catch (error) {
      if (!isNameTaken(error)) throw error;
      ui.flavor`Service instance ${name} already exists`;
    }
    ui.ok();
  },
};
