import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { deleteMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { forgetRouteBindings } from "../service-route-bindings/unbind-routes.ts";
import { touchProcesses } from "./touch-processes.ts";

/**
 * Deletes routes with their destinations and bindings inside the caller's transaction. Gives the processes that lost a route: tell
 * `hooks.processRoutingChanged` after the commit. Guids that are gone already are ignored. CC: actions/route_delete.rb
 */
export async function deleteRoutes(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  guids: readonly string[],
  actor: Actor,
): Promise<string[]> {
  if (guids.length === 0) return [];
  const routes = await trx
    .selectFrom("routes")
    .innerJoin("spaces", "spaces.guid", "routes.space_guid")
    .where("routes.guid", "in", guids)
    .select(["routes.guid", "routes.host", "routes.space_guid", "spaces.organization_guid"])
    .execute();
  const destinations = await trx
    .selectFrom("route_destinations")
    .where("route_guid", "in", guids)
    .select(["app_guid", "process_type"])
    .execute();
  const policies = await trx.selectFrom("route_policies").where("route_guid", "in", guids).select("guid").execute();
  await forgetRouteBindings(api, trx, guids);
  await trx.deleteFrom("service_route_bindings").where("route_guid", "in", guids).execute();
  await trx.deleteFrom("routes").where("guid", "in", guids).execute(); // destinations and shares go with them
  await deleteMetadata(trx, "route", guids);
  await deleteMetadata(
    trx,
    "route_policy",
    policies.map(({ guid }) => guid),
  );
  for (const route of routes) {
    await api.event(trx, {
      type: "audit.route.delete-request",
      actor,
      target: { guid: route.guid, type: "route", name: route.host },
      organizationGuid: route.organization_guid,
      spaceGuid: route.space_guid,
      data: { request: { recursive: true } },
    });
  }
  return touchProcesses(trx, destinations, api.nowMs());
}
