import type { Command } from "../command.ts";
import { serviceBrokerByName } from "../service-brokers.ts";

export const command: Command = {
  usage: "cf rename-service-broker SERVICE_BROKER NEW_SERVICE_BROKER",
  args: [{ name: "SERVICE_BROKER" }, { name: "NEW_SERVICE_BROKER" }],
  related: "service-brokers, update-service-broker",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const [name, newName] = [input.arg(0), input.arg(1)];
    const broker = await serviceBrokerByName(cli, name);
    ui.flavor`Renaming service broker ${name} to ${newName} as ${user.name}...`;
    await cc.waitForJob(await cc.send("PATCH", `/v3/service_brokers/${broker.guid}`, { json: { name: newName } }));
    ui.ok();
  },
};
