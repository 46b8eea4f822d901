import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { type Actor, HIDDEN } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { changeMetadata, deleteMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique.ts";
import type { MetadataChange } from "../../validation.ts";
import type { Space } from "../../visible.ts";
import { succeeded } from "./last-operation.ts";
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
  return api
    .transaction(async (trx) => {
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
          parameters: "{}",
          last_operation: succeeded("create", api.nowMs()),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await changeMetadata(trx, "service_instance", row.guid, wanted.metadata, api.config.limits);
      await record(api, trx, "create", row, space, actor, { request: redacted(request) });
      return row;
    })
    .catch(nameClash(wanted.name));
}

/** Bound apps get new credentials and drains at their next restart. CC: actions/service_instance_update_user_provided.rb */
export async function updateUserProvided(
  api: CcApi,
  instance: ServiceInstance,
  space: Space,
  wanted: UserProvidedChange,
  actor: Actor,
  request: object,
): Promise<ServiceInstance> {
  const credentials = wanted.credentials === undefined ? undefined : JSON.stringify(wanted.credentials ?? {});
  return api
    .transaction(async (trx) => {
      const row = await trx
        .updateTable("service_instances")
        .set({
          updated_at: api.nowMs(),
          last_operation: succeeded("update", api.nowMs()),
          ...(wanted.name ? { name: wanted.name.trim() } : {}),
          ...(wanted.tags === undefined ? {} : { tags: JSON.stringify(wanted.tags) }),
          ...(credentials === undefined ? {} : { credentials }),
          ...(wanted.syslog_drain_url === undefined ? {} : { syslog_drain_url: wanted.syslog_drain_url }),
          ...(wanted.route_service_url === undefined ? {} : { route_service_url: wanted.route_service_url }),
        })
        .where("guid", "=", instance.guid)
        .returningAll()
        .executeTakeFirstOrThrow();
      if (credentials !== undefined || wanted.syslog_drain_url !== undefined) {
        await trx
          .updateTable("service_credential_bindings")
          .set({ credentials: row.credentials, syslog_drain_url: row.syslog_drain_url, updated_at: api.nowMs() })
          .where("service_instance_guid", "=", instance.guid)
          .execute();
      }
      await changeMetadata(trx, "service_instance", row.guid, wanted.metadata, api.config.limits);
      await record(api, trx, "update", instance, space, actor, { request: redacted(request) });
      return row;
    })
    .catch(nameClash(wanted.name ?? instance.name));
}

/** With its bindings. */
export async function deleteUserProvided(
  api: CcApi,
  instance: ServiceInstance,
  space: Space,
  actor: Actor,
): Promise<void> {
  await api.transaction(async (trx) => {
    const bindings = await trx
      .deleteFrom("service_credential_bindings")
      .where("service_instance_guid", "=", instance.guid)
      .returning("guid")
      .execute();
    await deleteMetadata(
      trx,
      "service_credential_binding",
      bindings.map(({ guid }) => guid),
    );
    await trx.deleteFrom("service_route_bindings").where("service_instance_guid", "=", instance.guid).execute();
    await deleteMetadata(trx, "service_instance", [instance.guid]);
    await trx.deleteFrom("service_instances").where("guid", "=", instance.guid).execute();
    await record(api, trx, "delete", instance, space, actor, { request: {} });
  });
}

function nameClash(name: string): (error: unknown) => never {
  return (error) => {
    if (!isUniqueViolation(error, "service_instances.name")) throw error;
    throw unprocessable(`The service instance name is taken: ${name}.`);
  };
}

function redacted(request: object): object {
  return "credentials" in request ? { ...request, credentials: HIDDEN } : request;
}

/** CC: repositories/service_event_repository.rb */
export async function record(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  action: "create" | "update" | "delete" | "show",
  instance: ServiceInstance,
  space: Space,
  actor: Actor,
  data: object,
): Promise<void> {
  await api.event(trx, {
    type: `audit.user_provided_service_instance.${action}`,
    actor,
    target: { guid: instance.guid, type: "user_provided_service_instance", name: instance.name },
    organizationGuid: space.organization_guid,
    spaceGuid: space.guid,
    data,
  });
}
