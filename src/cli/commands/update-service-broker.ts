import type { Command } from "../command.ts";
import {
  BROKER_ARGUMENTS,
  BROKER_ENVIRONMENT,
  brokerAddress,
  PASSWORD_WARNING,
  serviceBrokerByName,
  updateBroker,
} from "../service-brokers.ts";

export const command: Command = {
  usage: `cf update-service-broker SERVICE_BROKER USERNAME PASSWORD URL
cf update-service-broker SERVICE_BROKER USERNAME URL (omit password to specify interactively or via environment variable)

${PASSWORD_WARNING}`,
  args: BROKER_ARGUMENTS,
  environment: BROKER_ENVIRONMENT,
  related: "rename-service-broker, service-brokers",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    const broker = await brokerAddress(cli, input);
    const { guid } = await serviceBrokerByName(cli, broker.name);
    await updateBroker(cli, user.name, guid, broker);
  },
};
