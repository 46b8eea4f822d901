import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { MetadataChange } from "../../validation.ts";
import type { Space } from "../../visible.ts";
import { recordBinding } from "../service-credential-bindings/events.ts";
import { storedDrain } from "../service-credential-bindings/kind.ts";
import { recordServiceUsage } from "../service-usage-events/record.ts";
import { deleteInstanceRows, processesOfRoutes } from "./delete-rows.ts";
import { recordInstance, redacted } from "./events.ts";
import { succeeded } from "./last-operation.ts";
import { isInstanceNameTaken } from "./names.ts";
import type { ServiceInstance } from "./readable.ts";

export interface UserProvidedChange {
  readonly name?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly credentials?: Readonly<Record<string, unknown>> | null | undefined;
  readonly syslog_drain_url?: string | null | undefined;
  readonly route_service_url?: string | null | undefined;
  readonly metadata?: MetadataChange | undefined;
}

/** CC: actions/service_instance_create_user_provided.rb */
export async function createUserProvided(
  api: CcApi,
  space: Space,
  wanted: UserProvidedChange & { readonly name: string },
  actor: Actor,
  request: object,
): Promise<ServiceInstance> {
  return api.transaction(async (trx) => {
    await requireFreeName(trx, space.guid, wanted.name);
    const row = await trx
      .insertInto("service_instances")
      .values({
        ...api.stamp(),
        name: wanted.name.trim(),
        type: "user-provided",
        space_guid: space.guid,
        service_plan_guid: null,
        tags: JSON.stringify(wanted.tags ?? []),
        credentials: JSON.stringify(wanted.credentials ?? {}),
        syslog_drain_url: wanted.syslog_drain_url ?? null,
        route_service_url: wanted.route_service_url ?? null,
        dashboard_url: null,
        maintenance_info: "{}",
        broker_provided_metadata: null,
        parameters: "{}",
        last_operation: succeeded("create", api.nowMs()),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await changeMetadata(trx, "service_instance", row.guid, wanted.metadata, api.config.limits);
    await recordServiceUsage(api, trx, row.guid, "CREATED");
    await recordInstance(api, trx, "create", row, actor, { request: redacted(request) });
    return row;
  });
}

/**
 * Bound apps get new credentials and drains at their next restart, bound routes their new route service at once.
 * CC: actions/service_instance_update_user_provided.rb
 */
export async function updateUserProvided(
  api: CcApi,
  instance: ServiceInstance,
  wanted: UserProvidedChange,
  actor: Actor,
  request: object,
): Promise<ServiceInstance> {
  const credentials = wanted.credentials === undefined ? undefined : JSON.stringify(wanted.credentials ?? {});
  const { changed, routed } = await api.transaction(async (trx) => {
    const name = wanted.name?.trim();
    if (name && name !== instance.name) await requireFreeName(trx, instance.space_guid, name, instance.guid);
    const changed = await trx
      .updateTable("service_instances")
      .set({
        updated_at: api.nowMs(),
        last_operation: succeeded("update", api.nowMs()),
        ...(name ? { name } : {}),
        ...(wanted.tags === undefined ? {} : { tags: JSON.stringify(wanted.tags) }),
        ...(credentials === undefined ? {} : { credentials }),
        ...(wanted.syslog_drain_url === undefined ? {} : { syslog_drain_url: wanted.syslog_drain_url }),
        ...(wanted.route_service_url === undefined ? {} : { route_service_url: wanted.route_service_url }),
      })
      .where("guid", "=", instance.guid)
      .returningAll()
      .executeTakeFirstOrThrow();
    if (credentials !== undefined || wanted.syslog_drain_url !== undefined) {
      const drain = storedDrain(changed.syslog_drain_url);
      await trx
        .updateTable("service_credential_bindings")
        .set({ credentials: changed.credentials, syslog_drain_url: drain, updated_at: api.nowMs() })
        .where("service_instance_guid", "=", instance.guid)
        .execute();
    }
    const routed = wanted.route_service_url
      ? await changeRoutes(api, trx, instance.guid, wanted.route_service_url)
      : [];
    await changeMetadata(trx, "service_instance", changed.guid, wanted.metadata, api.config.limits);
    if (changed.name !== instance.name) await recordServiceUsage(api, trx, instance.guid, "UPDATED");
    await recordInstance(api, trx, "update", instance, actor, { request: redacted(request) });
    return { changed, routed };
  });
  api.hooks.processRoutingChanged(routed);
  return changed;
}

async function changeRoutes(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  instanceGuid: string,
  routeServiceUrl: string,
): Promise<string[]> {
  const bindings = await trx
    .updateTable("service_route_bindings")
    .set({ route_service_url: routeServiceUrl, updated_at: api.nowMs() })
    .where("service_instance_guid", "=", instanceGuid)
    .returning("route_guid")
    .execute();
  return processesOfRoutes(
    api,
    trx,
    bindings.map((binding) => binding.route_guid),
  );
}

/** With its bindings, inside the caller's transaction. Gives the processes whose routes changed. */
export async function deleteUserProvided(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  instance: ServiceInstance,
  actor: Actor,
): Promise<string[]> {
  for (const table of ["service_route_bindings", "service_credential_bindings"] as const) {
    const bindings = await trx
      .selectFrom(table)
      .where("service_instance_guid", "=", instance.guid)
      .orderBy("id")
      .selectAll()
      .execute();
    for (const binding of bindings) await recordBinding(api, trx, "delete", binding, actor);
  }
  const routed = await deleteInstanceRows(api, trx, instance.guid);
  await recordInstance(api, trx, "delete", instance, actor, { request: null });
  return routed;
}

async function requireFreeName(
  trx: Kysely<CcDatabase>,
  spaceGuid: string,
  name: string,
  exceptGuid?: string,
): Promise<void> {
  if (!(await isInstanceNameTaken(trx, spaceGuid, name.trim(), exceptGuid))) return;
  throw unprocessable(`The service instance name is taken: ${name}.`);
}
