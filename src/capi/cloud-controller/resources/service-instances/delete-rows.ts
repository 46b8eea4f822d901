import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { deleteMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { touchProcesses } from "../routes/touch-processes.ts";
import { recordServiceUsage } from "../service-usage-events/record.ts";

/**
 * Takes an instance out of the database with whatever still hangs on it, inside the caller's transaction; its broker is not asked. Gives
 * the processes whose routes lost a route service: tell `hooks.processRoutingChanged` after the commit.
 */
export async function deleteInstanceRows(api: CcApi, trx: Kysely<CcDatabase>, guid: string): Promise<string[]> {
  await recordServiceUsage(api, trx, guid, "DELETED");
  const bindings = await trx
    .deleteFrom("service_credential_bindings")
    .where("service_instance_guid", "=", guid)
    .returning("guid")
    .execute();
  await deleteMetadata(
    trx,
    "service_credential_binding",
    bindings.map((binding) => binding.guid),
  );
  const routeBindings = await trx
    .deleteFrom("service_route_bindings")
    .where("service_instance_guid", "=", guid)
    .returning(["guid", "route_guid"])
    .execute();
  await deleteMetadata(
    trx,
    "service_route_binding",
    routeBindings.map((binding) => binding.guid),
  );
  await deleteMetadata(trx, "service_instance", [guid]);
  await trx.deleteFrom("service_instances").where("guid", "=", guid).execute(); // shares go with it
  return processesOfRoutes(
    api,
    trx,
    routeBindings.map((binding) => binding.route_guid),
  );
}

/** Marks the processes behind these routes as changed and gives their guids. */
export async function processesOfRoutes(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  routeGuids: readonly string[],
): Promise<string[]> {
  if (routeGuids.length === 0) return [];
  const destinations = await trx
    .selectFrom("route_destinations")
    .where("route_guid", "in", routeGuids)
    .select(["app_guid", "process_type"])
    .execute();
  return touchProcesses(trx, destinations, api.nowMs());
}
