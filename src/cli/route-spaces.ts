import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { type Command, value } from "./command.ts";
import { NotFound } from "./errors.ts";
import type { Route, Space } from "./resources.ts";
import { findHttpRoute, HTTP_ROUTE_FLAGS, routeParts, routeUrl } from "./routes.ts";

/** A route, and the space that is to have it or lose it. */
export interface RouteAndSpace {
  readonly route: Route;
  readonly url: string;
  readonly space: Space;
}

export function routeSpaceFlags(aboutOrg: string, aboutSpace: string): NonNullable<Command["flags"]> {
  return [...HTTP_ROUTE_FLAGS, value("-o", aboutOrg), value("-s", aboutSpace)];
}

/** How the three commands explain themselves. */
export function routeSpaceUsage(name: string, what: string): string {
  return `${what}:
   cf ${name} DOMAIN [--hostname HOSTNAME] [--path PATH] -s OTHER_SPACE [-o OTHER_ORG]

EXAMPLES:
   cf ${name} example.com --hostname myHost --path foo -s TargetSpace -o TargetOrg        # myhost.example.com/foo
   cf ${name} example.com --hostname myHost -s TargetSpace                                # myhost.example.com
   cf ${name} example.com --hostname myHost -s TargetSpace -o TargetOrg                   # myhost.example.com`;
}

/** Says `refusal` before it throws `NotFound` for the route, the org or the space. cli: command/v7/share_route_command.go */
export async function routeAndSpace(cli: Cli, input: Input, refusal: string): Promise<RouteAndSpace> {
  const parts = routeParts(input);
  const domain = await cli.domainByName(input.arg(0));
  try {
    const route = await findHttpRoute(cli, domain, parts);
    const orgName = input.text("o") ?? "";
    const orgGuid = orgName === "" ? cli.org.guid : (await cli.orgByName(orgName)).guid;
    const space = await cli.spaceByName(input.text("s") ?? "", orgGuid);
    return { route, space, url: routeUrl(domain.name, parts) };
  } catch (error) {
    if (error instanceof NotFound) cli.ui.text(refusal);
    throw error;
  }
}
