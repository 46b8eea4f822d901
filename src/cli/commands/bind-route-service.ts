import { CcFailure } from "../cloud-controller.ts";
import type { Command } from "../command.ts";
import { orNull } from "../errors.ts";
import { ROUTE_SERVICE_ARGUMENTS, routeAndInstance, routeServiceFlags, routeServiceNames } from "../route-services.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";
import { PARAMETERS_FLAG, serviceParameters } from "../service-parameters.ts";

export const command: Command = {
  usage: `cf bind-route-service DOMAIN [--hostname HOSTNAME] [--path PATH] SERVICE_INSTANCE [-c PARAMETERS_AS_JSON]

EXAMPLES:
   cf bind-route-service example.com --hostname myapp --path foo myratelimiter
   cf bind-route-service example.com myratelimiter -c file.json
   cf bind-route-service example.com myratelimiter -c '{"valid":"json"}'`,
  args: ROUTE_SERVICE_ARGUMENTS,
  flags: [PARAMETERS_FLAG, ...routeServiceFlags("bind"), WAIT_FLAG],
  related: "routes, services",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const parameters = await serviceParameters(cli, input);
    const user = cli.requireTarget("space");
    const { url, instanceName } = routeServiceNames(input);
    ui.flavor`Binding route ${url} to service instance ${instanceName} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const { route, instanceGuid } = await routeAndInstance(cli, input);
    const json = {
      ...(parameters === undefined ? {} : { parameters }),
      relationships: { service_instance: { data: { guid: instanceGuid } }, route: { data: { guid: route.guid } } },
    };
    const answer = await orNull(cc.send("POST", "/v3/service_route_bindings", { json }), isBound);
    if (answer === null) {
      ui.text(`Route ${url} is already bound to service instance ${instanceName}.`);
      ui.ok();
      return;
    }
    const isDone = await isBrokerDone(cli, answer, input.has("wait"));
    ui.ok();
    if (!isDone) ui.text("Binding in progress.");
  },
};

function isBound(error: unknown): boolean {
  return error instanceof CcFailure && error.errors[0]?.title === "CF-ServiceInstanceAlreadyBoundToSameRoute";
}
