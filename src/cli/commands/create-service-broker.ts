import { type Command, flag } from "../command.ts";
import { orNull } from "../errors.ts";
import {
  BROKER_ARGUMENTS,
  BROKER_ENVIRONMENT,
  brokerAddress,
  PASSWORD_WARNING,
  serviceBrokerByName,
  updateBroker,
} from "../service-brokers.ts";

export const command: Command = {
  usage: `cf create-service-broker SERVICE_BROKER USERNAME PASSWORD URL [--space-scoped]
cf create-service-broker SERVICE_BROKER USERNAME URL [--space-scoped] (omit password to specify interactively or via environment variable)

${PASSWORD_WARNING}`,
  args: BROKER_ARGUMENTS,
  flags: [
    flag("--space-scoped", "Make the broker's service plans only visible within the targeted space"),
    flag("--update-if-exists", "If the broker already exists, update it rather than failing. Ignores --space-scoped."),
  ],
  environment: BROKER_ENVIRONMENT,
  related: "enable-service-access, service-brokers, target",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const isScoped = input.has("space-scoped");
    const user = cli.requireTarget(isScoped ? "space" : "login");
    const broker = await brokerAddress(cli, input);
    if (input.has("update-if-exists")) {
      const known = await orNull(serviceBrokerByName(cli, broker.name));
      if (known !== null) {
        await updateBroker(cli, user.name, known.guid, broker);
        return;
      }
    }
    if (isScoped) {
      ui.flavor`Creating service broker ${broker.name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    } else {
      ui.flavor`Creating service broker ${broker.name} as ${user.name}...`;
    }
    const json = {
      ...broker,
      ...(isScoped ? { relationships: { space: { data: { guid: space.guid } } } } : {}),
    };
    await cc.waitForJob(await cc.send("POST", "/v3/service_brokers", { json }));
    ui.ok();
  },
};
