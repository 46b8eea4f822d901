import type { Kysely, Selectable } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { CcError, unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import type { CcDatabase, RoutesTable, ServiceRouteBindingsTable } from "../../store/schema.ts";
import type { MetadataChange } from "../../validation.ts";
import { requireIdle } from "../service-credential-bindings/create.ts";
import { dropFailedBinding } from "../service-credential-bindings/orphans.ts";
import { isBeingCreated, isCreated, isCreateFailed, operation } from "../service-instances/last-operation.ts";
import { isBindable, managedInstance, requiresOf } from "../service-instances/managed.ts";
import type { ServiceInstance } from "../service-instances/readable.ts";

export type RouteBinding = Selectable<ServiceRouteBindingsTable>;

/** CC answers this one with 422. */
export class RouteAlreadyBound extends CcError {
  override readonly status = 422;
}

/**
 * Writes down, inside the caller's transaction, that a route is to go through a service; a failed binding of the same pair gives way. Throws
 * UnprocessableEntity in CC's words. CC: actions/service_route_binding_create.rb, precursor
 */
export async function insertRouteBinding(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  instance: ServiceInstance,
  route: Selectable<RoutesTable>,
  metadata: MetadataChange | undefined,
): Promise<RouteBinding> {
  const managed = await managedInstance(trx, instance.guid);
  const isRouteService =
    managed === null ? Boolean(instance.route_service_url) : requiresOf(managed).includes("route_forwarding");
  if (!isRouteService) throw unprocessable("This service instance does not support route binding");
  if (managed !== null && !isBindable(managed)) throw unprocessable("This service instance does not support binding");
  const domain = await trx
    .selectFrom("domains")
    .where("guid", "=", route.domain_guid)
    .select("internal")
    .executeTakeFirst();
  if (domain?.internal === 1) throw unprocessable("Route services cannot be bound to internal routes");
  if (route.space_guid !== instance.space_guid) {
    throw unprocessable("The service instance and the route are in different spaces");
  }
  const before = await trx
    .selectFrom("service_route_bindings")
    .where("route_guid", "=", route.guid)
    .selectAll()
    .executeTakeFirst();
  if (before !== undefined && before.service_instance_guid !== instance.guid) {
    throw unprocessable("A route may only be bound to a single service instance");
  }
  if (managed !== null) requireIdle(managed.instance);
  if (before !== undefined && !isCreateFailed(before)) {
    if (isCreated(before) || isBeingCreated(before))
      throw new RouteAlreadyBound("ServiceInstanceAlreadyBoundToSameRoute");
    throw unprocessable("The binding is getting deleted or its deletion failed");
  }
  if (before !== undefined) await dropFailedBinding(api, trx, before);
  const binding = await trx
    .insertInto("service_route_bindings")
    .values({
      ...api.stamp(),
      service_instance_guid: instance.guid,
      route_guid: route.guid,
      route_service_url: null,
      last_operation: operation("create", "initial", api.nowMs()),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await changeMetadata(trx, "service_route_binding", binding.guid, metadata, api.config.limits);
  return binding;
}
