import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { MetadataChange } from "../../validation.ts";
import {
  isBeingCreated,
  isCreated,
  isCreateFailed,
  isInProgress,
  operation,
} from "../service-instances/last-operation.ts";
import { isBindable, managedInstance, requiresOf } from "../service-instances/managed.ts";
import { requireKeyQuota } from "../service-instances/quota.ts";
import type { ServiceInstance } from "../service-instances/readable.ts";
import { recordBinding, redactedBinding } from "./events.ts";
import { storedDrain } from "./kind.ts";
import { dropFailedBinding } from "./orphans.ts";
import type { CredentialBinding } from "./present.ts";

export interface AppBindingWanted {
  readonly instance: ServiceInstance;
  readonly app: { readonly guid: string; readonly space_guid: string };
  readonly name: string | null;
  readonly strategy: "single" | "multiple";
  readonly metadata?: MetadataChange | undefined;
}

const NAME_MAX = 255;

/**
 * Writes down, inside the caller's transaction, that an app is to be bound; failed bindings of the same pair give way. Throws
 * UnprocessableEntity in CC's words. CC: actions/service_credential_binding_app_create.rb, precursor
 */
export async function insertAppBinding(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  { instance, app, name, strategy, metadata }: AppBindingWanted,
): Promise<CredentialBinding> {
  await requireBindableToApp(api, trx, instance, app);
  const max = api.config.limits.bindingsPerAppAndInstanceMax;
  const existing = await trx
    .selectFrom("service_credential_bindings")
    .where("app_guid", "=", app.guid)
    .selectAll()
    .execute();
  let bound = 0;
  for (const binding of existing.filter((one) => one.service_instance_guid === instance.guid)) {
    if (isCreateFailed(binding)) {
      await dropFailedBinding(api, trx, binding);
      continue;
    }
    refuseBesides(binding, name, strategy === "single" ? 1 : max);
    bound += 1;
  }
  if (strategy === "multiple" && bound >= max) {
    throw unprocessable(
      `The app has too many bindings to this service instance (limit: ${max}). Consider deleting existing/orphaned bindings.`,
    );
  }
  if (strategy === "single" && bound >= 1) throw unprocessable("The app is already bound to the service instance");
  const namesake = existing.some(
    (binding) => binding.service_instance_guid !== instance.guid && name !== null && binding.name === name,
  );
  if (namesake) {
    const named = name === "" ? "" : ` The app already has a binding with name '${name}'.`;
    throw unprocessable(
      `The binding name is invalid. Binding names must be unique for a given service instance and app.${named}`,
    );
  }
  requireGoodName(name);
  const row = { type: "app", name, service_instance_guid: instance.guid, app_guid: app.guid } as const;
  return insert(api, trx, row, metadata);
}

/** The same for a key. CC: actions/service_credential_binding_key_create.rb, precursor */
export async function insertKey(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  instance: ServiceInstance,
  name: string,
  metadata: MetadataChange | undefined,
): Promise<CredentialBinding> {
  const managed = await managedInstance(trx, instance.guid);
  if (managed === null) {
    throw unprocessable(
      "Service credential bindings of type 'key' are not supported for user-provided service instances.",
    );
  }
  if (!isBindable(managed)) throw unprocessable("Service plan does not allow bindings.");
  requireIdle(managed.instance);
  const before = await trx
    .selectFrom("service_credential_bindings")
    .where("service_instance_guid", "=", instance.guid)
    .where("type", "=", "key")
    .where("name", "=", name)
    .selectAll()
    .executeTakeFirst();
  const unique = "The binding name is invalid. Key binding names must be unique.";
  if (before !== undefined && !isCreateFailed(before)) {
    throw unprocessable(
      isCreated(before) || isBeingCreated(before)
        ? `${unique} The service instance already has a key binding with name '${name}'.`
        : `${unique} The service instance already has a key binding with the name '${name}' that is getting deleted or its deletion failed.`,
    );
  }
  if (before !== undefined) await dropFailedBinding(api, trx, before);
  await requireKeyQuota(trx, instance.space_guid);
  const row = { type: "key", name, service_instance_guid: instance.guid, app_guid: null } as const;
  return insert(api, trx, row, metadata);
}

/** Binds an app to a user-provided instance inside the caller's transaction. Throws as `insertAppBinding`. */
export async function bindUserProvided(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  wanted: AppBindingWanted,
  actor: Actor,
  request: object,
  eventData: object = {},
): Promise<CredentialBinding> {
  const { instance } = wanted;
  const { guid } = await insertAppBinding(api, trx, wanted);
  const binding = await trx
    .updateTable("service_credential_bindings")
    .set({
      credentials: instance.credentials,
      syslog_drain_url: storedDrain(instance.syslog_drain_url),
      last_operation: operation("create", "succeeded", api.nowMs()),
    })
    .where("guid", "=", guid)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordBinding(api, trx, "create", binding, actor, { ...eventData, request: redactedBinding(request) });
  return binding;
}

/** Throws while the instance was not created or something is done to it. */
export function requireIdle(instance: ServiceInstance): void {
  if (isCreateFailed(instance)) throw unprocessable("Service instance not found");
  if (isInProgress(instance)) throw unprocessable("There is an operation in progress for the service instance");
}

async function requireBindableToApp(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  instance: ServiceInstance,
  app: { readonly space_guid: string },
): Promise<void> {
  const shares = await trx
    .selectFrom("service_instance_shares")
    .where("service_instance_guid", "=", instance.guid)
    .select("space_guid")
    .execute();
  if (instance.space_guid !== app.space_guid && !shares.some((share) => share.space_guid === app.space_guid)) {
    throw unprocessable("The service instance and the app are in different spaces");
  }
  const managed = await managedInstance(trx, instance.guid);
  if (managed === null) return;
  if (!isBindable(managed)) throw unprocessable("Service plan does not allow bindings");
  if (requiresOf(managed).includes("volume_mount") && !api.config.limits.volumeServicesEnabled) {
    throw unprocessable("Support for volume mount services is disabled");
  }
  requireIdle(managed.instance);
}

/** What another binding of the same app and instance forbids. */
function refuseBesides(binding: CredentialBinding, name: string | null, max: number): void {
  const busy = isBeingCreated(binding);
  if (max === 1 && (busy || isCreated(binding))) {
    throw unprocessable("The app is already bound to the service instance");
  }
  if (busy) {
    throw unprocessable(
      `There is already a binding in progress for this service instance and app (binding guid: ${binding.guid})`,
    );
  }
  if (!isCreated(binding)) {
    throw unprocessable(
      max === 1
        ? "The binding is getting deleted or its deletion failed"
        : "A binding for this service instance and app is getting deleted or its deletion failed",
    );
  }
  if (binding.name !== name) {
    throw unprocessable("The binding name cannot be changed for the same app and service instance");
  }
}

/** CC: models/services/service_binding.rb, validate */
function requireGoodName(name: string | null): void {
  if (name === null || name === "") return;
  const texts = [
    ...(name.length > NAME_MAX
      ? ["The binding name is invalid. App binding names must be less than 256 characters."]
      : []),
    ...(/^[\w-]+$/.test(name)
      ? []
      : ["The binding name is invalid. Valid characters are alphanumeric, underscore, and dash."]),
  ];
  if (texts.length > 0) throw unprocessable(...texts);
}

async function insert(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  row: Pick<CredentialBinding, "type" | "name" | "service_instance_guid" | "app_guid">,
  metadata: MetadataChange | undefined,
): Promise<CredentialBinding> {
  const binding = await trx
    .insertInto("service_credential_bindings")
    .values({
      ...api.stamp(),
      ...row,
      credentials: "{}",
      parameters: "{}",
      syslog_drain_url: null,
      volume_mounts: "[]",
      last_operation: operation("create", "initial", api.nowMs()),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await changeMetadata(trx, "service_credential_binding", binding.guid, metadata, api.config.limits);
  return binding;
}
