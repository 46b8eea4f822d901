import { CcFailure } from "../cloud-controller.ts";
import type { Command } from "../command.ts";
import { SERVICE_INSTANCE, serviceInstanceByName } from "../service-instances.ts";
import { otherSpace, sharingFlags } from "../service-sharing.ts";

export const command: Command = {
  usage: "cf share-service SERVICE_INSTANCE -s OTHER_SPACE [-o OTHER_ORG]",
  args: SERVICE_INSTANCE,
  flags: sharingFlags("The space to share the service instance into"),
  related: "bind-service, service, services, unshare-service",
  run: async (cli, input) => {
    const { ui, cc, org } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0).trim();
    ui.flavor`Sharing service instance ${name} into org ${input.text("o") ?? org.name} / space ${input.text("s") ?? ""} as ${user.name}...`;
    const instance = await serviceInstanceByName(cli, name);
    const space = await otherSpace(cli, input);
    const path = `/v3/service_instances/${instance.guid}/relationships/shared_spaces`;
    try {
      await cc.post(path, { data: [{ guid: space.guid }] });
    } catch (error) {
      const isShared = /A service instance called .* has already been shared with .*\./;
      if (!(error instanceof CcFailure) || !isShared.test(error.message)) throw error;
      ui.ok();
      ui.flavor`A service instance called ${name} has already been shared`;
      return;
    }
    ui.ok();
  },
};
