import type { Command } from "../command.ts";
import { userProvided, userProvidedFlags, userProvidedUsage } from "../service-credentials.ts";
import { requireType, SERVICE_INSTANCE, serviceInstanceByName } from "../service-instances.ts";

export const command: Command = {
  usage: userProvidedUsage("cf update-user-provided-service"),
  args: SERVICE_INSTANCE,
  flags: userProvidedFlags(". Provided credentials will override existing credentials."),
  related: "rename-service, services, update-service",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const given = await userProvided(cli, input);
    const user = cli.requireTarget("space");
    const name = input.arg(0).trim();
    ui.flavor`Updating user provided service ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    if (Object.keys(given).length === 0) {
      ui.text("No flags specified. No changes were made.");
      ui.ok();
      return;
    }
    const instance = await serviceInstanceByName(cli, name);
    requireType(instance, "user-provided");
    await cc.patch(`/v3/service_instances/${instance.guid}`, given);
    ui.ok();
    ui.text("TIP: Use 'cf restage' for any bound apps to ensure your env variable changes take effect");
  },
};
