import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { recordBinding } from "../service-credential-bindings/events.ts";
import { deleteInstanceRows } from "./delete-rows.ts";
import { recordInstance } from "./events.ts";
import type { ServiceInstance } from "./readable.ts";

/**
 * Forgets an instance and its bindings without asking its broker, inside the caller's transaction. Gives the processes whose routes
 * changed: tell `hooks.processRoutingChanged`. CC: actions/service_instance_purge.rb
 */
export async function purgeInstance(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  instance: ServiceInstance,
  actor: Actor,
): Promise<string[]> {
  const routeBindings = await trx
    .selectFrom("service_route_bindings")
    .where("service_instance_guid", "=", instance.guid)
    .selectAll()
    .execute();
  for (const binding of routeBindings) await recordBinding(api, trx, "delete", binding, actor);
  const bindings = await trx
    .selectFrom("service_credential_bindings")
    .where("service_instance_guid", "=", instance.guid)
    .selectAll()
    .execute();
  for (const binding of bindings) await recordBinding(api, trx, "delete", binding, actor);
  const shares = await trx
    .selectFrom("service_instance_shares")
    .where("service_instance_guid", "=", instance.guid)
    .select("space_guid")
    .execute();
  for (const share of shares) {
    await recordInstance(api, trx, "unshare", instance, actor, { target_space_guid: share.space_guid });
  }
  const routed = await deleteInstanceRows(api, trx, instance.guid);
  await recordInstance(api, trx, "purge", instance, actor, { request: null });
  return routed;
}
