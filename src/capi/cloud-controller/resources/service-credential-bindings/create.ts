import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { changeMetadata, deleteMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { MetadataChange } from "../../validation.ts";
import { succeeded } from "../service-instances/last-operation.ts";
import type { ServiceInstance } from "../service-instances/readable.ts";
import type { CredentialBinding } from "./present.ts";

/** Bindings of one app to one instance. CC: max_service_credential_bindings_per_app_service_instance */
const BINDINGS_MAX = 1;

export interface AppBindingWanted {
  readonly instance: ServiceInstance;
  readonly app: { readonly guid: string; readonly space_guid: string };
  readonly name: string | null;
  readonly strategy: "single" | "multiple";
  readonly metadata?: MetadataChange | undefined;
}

/**
 * Binds an app to a user-provided instance inside the caller's transaction. Throws UnprocessableEntity in CC's words.
 * CC: actions/service_credential_binding_app_create.rb
 */
export async function bindUserProvided(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  { instance, app, name, strategy, metadata }: AppBindingWanted,
  actor: Actor,
  request: object,
  eventData: object = {},
): Promise<CredentialBinding> {
  const shares = await trx
    .selectFrom("service_instance_shares")
    .where("service_instance_guid", "=", instance.guid)
    .select("space_guid")
    .execute();
  if (instance.space_guid !== app.space_guid && !shares.some((share) => share.space_guid === app.space_guid)) {
    throw unprocessable("The service instance and the app are in different spaces");
  }
  const existing = await trx
    .selectFrom("service_credential_bindings")
    .where("app_guid", "=", app.guid)
    .select(["service_instance_guid", "name"])
    .execute();
  const same = existing.filter((binding) => binding.service_instance_guid === instance.guid);
  if (same.length > 0 && (strategy === "single" || BINDINGS_MAX === 1)) {
    throw unprocessable("The app is already bound to the service instance");
  }
  if (name !== null && existing.some((binding) => binding.name === name && !same.includes(binding))) {
    const named = name === "" ? "" : ` The app already has a binding with name '${name}'.`;
    throw unprocessable(
      `The binding name is invalid. Binding names must be unique for a given service instance and app.${named}`,
    );
  }
  const binding = await trx
    .insertInto("service_credential_bindings")
    .values({
      ...api.stamp(),
      type: "app",
      name,
      service_instance_guid: instance.guid,
      app_guid: app.guid,
      credentials: instance.credentials,
      parameters: "{}",
      syslog_drain_url: instance.syslog_drain_url,
      volume_mounts: "[]",
      last_operation: succeeded("create", api.nowMs()),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await changeMetadata(trx, "service_credential_binding", binding.guid, metadata, api.config.limits);
  await recordBinding(api, trx, "create", binding, actor, { ...eventData, request });
  return binding;
}

/** Inside the caller's transaction. */
export async function unbind(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  binding: CredentialBinding,
  actor: Actor,
): Promise<void> {
  await deleteMetadata(trx, "service_credential_binding", [binding.guid]);
  await trx.deleteFrom("service_credential_bindings").where("guid", "=", binding.guid).execute();
  await recordBinding(api, trx, "delete", binding, actor, {
    request: { app_guid: binding.app_guid, service_instance_guid: binding.service_instance_guid },
  });
}

/** CC: repositories/service_generic_binding_event_repository.rb */
export async function recordBinding(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  action: "create" | "update" | "delete" | "show",
  binding: CredentialBinding,
  actor: Actor,
  data: object,
): Promise<void> {
  const place = await trx
    .selectFrom("service_instances")
    .innerJoin("spaces", "spaces.guid", "service_instances.space_guid")
    .where("service_instances.guid", "=", binding.service_instance_guid)
    .select(["spaces.guid", "spaces.organization_guid"])
    .executeTakeFirst();
  const kind = binding.type === "key" ? "service_key" : "service_binding";
  await api.event(trx, {
    type: `audit.${kind}.${action}`,
    actor,
    target: { guid: binding.guid, type: kind, name: binding.name ?? "" },
    organizationGuid: place?.organization_guid ?? null,
    spaceGuid: place?.guid ?? null,
    data,
  });
}
