import { type Command, flag } from "../command.ts";
import { SERVICE_INSTANCE, serviceInstanceByName } from "../service-instances.ts";
import { otherSpace, sharingFlags } from "../service-sharing.ts";

export const command: Command = {
  usage: "cf unshare-service SERVICE_INSTANCE -s OTHER_SPACE [-o OTHER_ORG] [-f]",
  args: SERVICE_INSTANCE,
  flags: [
    ...sharingFlags("Space to unshare the service instance from"),
    flag("-f", "Force unshare without confirmation"),
  ],
  related: "delete-service, service, services, share-service, unbind-service",
  run: async (cli, input) => {
    const { ui, cc, org } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const spaceName = input.text("s") ?? "";
    if (!input.has("f")) {
      ui.warn(
        `WARNING: Unsharing this service instance will remove any existing bindings originating from the service instance in the space "${spaceName}". This could cause apps to stop working.`,
      );
      ui.text();
      if (!(await cli.ask.yesNo(`Really unshare the service instance ${name} from space ${spaceName}?`))) {
        ui.text("Unshare cancelled");
        return;
      }
    }
    ui.flavor`Unsharing service instance ${name} from org ${input.text("o") ?? org.name} / space ${spaceName} as ${user.name}...`;
    const instance = await serviceInstanceByName(cli, name);
    const space = await otherSpace(cli, input);
    await cc.send("DELETE", `/v3/service_instances/${instance.guid}/relationships/shared_spaces/${space.guid}`);
    ui.ok();
  },
};
