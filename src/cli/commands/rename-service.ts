import type { Command } from "../command.ts";
import { NotFound } from "../errors.ts";
import { serviceInstanceByName } from "../service-instances.ts";

export const command: Command = {
  usage: "cf rename-service SERVICE_INSTANCE NEW_SERVICE_INSTANCE",
  args: [{ name: "SERVICE_INSTANCE" }, { name: "NEW_SERVICE_INSTANCE" }],
  related: "services, update-service",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const [name, newName] = [input.arg(0).trim(), input.arg(1).trim()];
    ui.flavor`Renaming service ${name} to ${newName} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const instance = await serviceInstanceByName(cli, name).catch((error: unknown) => {
      if (error instanceof NotFound) ui.text("TIP: Use 'cf services' to view all services in this org and space.");
      throw error;
    });
    const answer = await cc.send("PATCH", `/v3/service_instances/${instance.guid}`, { json: { name: newName } });
    await cc.waitForJob(answer, "POLLING");
    ui.ok();
  },
};
