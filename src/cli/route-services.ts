import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { value } from "./command.ts";
import type { Route } from "./resources.ts";
import { findHttpRoute, routeParts, routeUrl } from "./routes.ts";
import { serviceInstanceByName } from "./service-instances.ts";

export const ROUTE_SERVICE_ARGUMENTS = [{ name: "DOMAIN" }, { name: "SERVICE_INSTANCE" }] as const;

export function routeServiceFlags(verb: "bind" | "unbind") {
  return [
    value("--hostname -n", `Hostname used in combination with DOMAIN to specify the route to ${verb}`),
    value("--path", `Path used in combination with HOSTNAME and DOMAIN to specify the route to ${verb}`),
  ];
}

/** What the arguments name, as it is shown. */
export function routeServiceNames(input: Input): { readonly url: string; readonly instanceName: string } {
  return { url: routeUrl(input.arg(0), routeParts(input)), instanceName: input.arg(1) };
}

/** Throws `NotFound` for the instance, then the domain, then the route. */
export async function routeAndInstance(
  cli: Cli,
  input: Input,
): Promise<{ readonly route: Route; readonly instanceGuid: string }> {
  const instance = await serviceInstanceByName(cli, input.arg(1));
  const route = await findHttpRoute(cli, await cli.domainByName(input.arg(0)), routeParts(input));
  return { route, instanceGuid: instance.guid };
}
