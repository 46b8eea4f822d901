import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { notFound } from "../../errors.ts";
import { requireSpaceWrite, type Space } from "../../visible.ts";
import type { Domain } from "../domains/store.ts";
import type { Route } from "./present.ts";

/** The route, when the caller may know of it; else 404. */
export async function visibleRoute(api: CcApi, access: Access, guid: string): Promise<Route> {
  const route = await api.db.selectFrom("routes").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (route === undefined || !access.canReadRoutes(await spaceOf(api, route))) throw notFound("Route");
  return route;
}

/** A route that the caller may change. */
export async function writableRoute(api: CcApi, { params, access }: CcRequest): Promise<Route> {
  const route = await visibleRoute(api, access, params["guid"]!);
  const space = await spaceOf(api, route);
  await requireSpaceWrite(api, access, space, access.canManageApps(space));
  return route;
}

export async function spaceOf(api: CcApi, route: Route): Promise<Space> {
  return api.db.selectFrom("spaces").where("guid", "=", route.space_guid).selectAll().executeTakeFirstOrThrow();
}

export async function domainOf(api: CcApi, route: Route): Promise<Domain> {
  return api.db.selectFrom("domains").where("guid", "=", route.domain_guid).selectAll().executeTakeFirstOrThrow();
}
