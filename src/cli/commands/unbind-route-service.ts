import { type Command, flag } from "../command.ts";
import type { Resource } from "../resources.ts";
import { ROUTE_SERVICE_ARGUMENTS, routeAndInstance, routeServiceFlags, routeServiceNames } from "../route-services.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";

export const command: Command = {
  usage: `cf unbind-route-service DOMAIN [--hostname HOSTNAME] [--path PATH] SERVICE_INSTANCE [-f]

EXAMPLES:
   cf unbind-route-service example.com --hostname myapp --path foo myratelimiter`,
  args: ROUTE_SERVICE_ARGUMENTS,
  flags: [flag("-f", "Force unbinding without confirmation"), ...routeServiceFlags("unbind"), WAIT_FLAG],
  related: "delete-service, routes, services",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const { url, instanceName } = routeServiceNames(input);
    const question = `Really unbind route ${url} from service instance ${instanceName}?`;
    if (!input.has("f") && !(await cli.ask.yesNo(question))) {
      ui.text("Unbind cancelled");
      return;
    }
    ui.flavor`Unbinding route ${url} from service instance ${instanceName} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const { route, instanceGuid } = await routeAndInstance(cli, input);
    const query = { route_guids: route.guid, service_instance_guids: instanceGuid };
    const binding = await cc.first<Resource>("/v3/service_route_bindings", query);
    if (binding === null) {
      ui.text(`Route ${url} was not bound to service instance ${instanceName}.`);
      ui.ok();
      return;
    }
    const answer = await cc.send("DELETE", `/v3/service_route_bindings/${binding.guid}`);
    const isDone = await isBrokerDone(cli, answer, input.has("wait"));
    ui.ok();
    if (!isDone) ui.text("Unbinding in progress.");
  },
};
