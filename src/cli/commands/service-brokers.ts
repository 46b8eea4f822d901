import type { Command } from "../command.ts";
import type { ServiceBroker } from "../service-brokers.ts";

export const command: Command = {
  usage: "cf service-brokers",
  related: "delete-service-broker, disable-service-access, enable-service-access",
  run: async (cli) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    ui.flavor`Getting service brokers as ${user.name}...`;
    const { resources } = await cc.list<ServiceBroker>("/v3/service_brokers");
    if (resources.length === 0) ui.text("No service brokers found");
    else ui.table([["name", "url"], ...resources.map(({ name, url }) => [name, url])]);
  },
};
