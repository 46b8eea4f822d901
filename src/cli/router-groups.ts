import type { Cli } from "./cli.ts";
import { failureOf } from "./cloud-controller.ts";
import { CliError, NotFound } from "./errors.ts";

/** Routers of TCP routes, as the routing API lists them. */
export interface RouterGroup {
  readonly guid: string;
  readonly name: string;
  readonly type: string;
}

/** Throws when the platform has no routing API. */
export async function routerGroups(cli: Cli): Promise<readonly RouterGroup[]> {
  const groups = await ask(cli, "");
  if (groups !== null) return groups;
  throw new CliError(
    `There is no routing API at ${cli.config.values.RoutingAPIEndpoint}, so there are no router groups.`,
  );
}

/** Throws `NotFound`. */
export async function routerGroupByName(cli: Cli, name: string): Promise<RouterGroup> {
  const groups = await ask(cli, `?name=${encodeURIComponent(name)}`);
  const group = groups?.find((one) => one.name === name);
  if (group === undefined) throw new NotFound(`Router group '${name}' not found.`);
  return group;
}

/** Routing API: GET /v1/router_groups. Null for 404. */
async function ask({ cc, config }: Cli, query: string): Promise<readonly RouterGroup[] | null> {
  const answer = await cc.raw("GET", `${config.values.RoutingAPIEndpoint}/v1/router_groups${query}`);
  if (answer.status === 404) return null;
  if (answer.status >= 400) throw failureOf(answer);
  return JSON.parse(answer.body.toString()) as readonly RouterGroup[];
}
