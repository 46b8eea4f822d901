import type { Kysely, Selectable } from "kysely";
import type { BindingDetails } from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import { deleteMetadata } from "../../metadata.ts";
import type { CcDatabase, ServiceCredentialBindingsTable, ServiceRouteBindingsTable } from "../../store/schema.ts";
import { processesOfRoutes } from "../service-instances/delete-rows.ts";
import type { EventBinding } from "./events.ts";

/** The three kinds of bindings, by what CC calls their jobs. */
export type BindingKind = "service_bindings" | "service_keys" | "service_route_bindings";

/** A binding of any kind. */
export type AnyBinding = EventBinding & { readonly last_operation: string; readonly created_at: number };

type CredentialRow = Selectable<ServiceCredentialBindingsTable>;
type RouteRow = Selectable<ServiceRouteBindingsTable>;

export function kindOf(binding: EventBinding): BindingKind {
  if (binding.type === undefined) return "service_route_bindings";
  return binding.type === "key" ? "service_keys" : "service_bindings";
}

/** What a job's document calls the resource. */
export function resourceTypeOf(kind: BindingKind): "service_route_binding" | "service_credential_binding" {
  return kind === "service_route_bindings" ? "service_route_binding" : "service_credential_binding";
}

export async function findBinding(
  db: Kysely<CcDatabase>,
  kind: BindingKind,
  guid: string,
): Promise<CredentialRow | RouteRow | undefined> {
  if (kind === "service_route_bindings") {
    return db.selectFrom("service_route_bindings").where("guid", "=", guid).selectAll().executeTakeFirst();
  }
  return db.selectFrom("service_credential_bindings").where("guid", "=", guid).selectAll().executeTakeFirst();
}

/** Notes what is done to a binding. */
export async function setBindingOperation(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  kind: BindingKind,
  guid: string,
  lastOperation: string,
): Promise<void> {
  const changed = { last_operation: lastOperation, updated_at: api.nowMs() };
  if (kind === "service_route_bindings") {
    await trx.updateTable("service_route_bindings").set(changed).where("guid", "=", guid).execute();
  } else await trx.updateTable("service_credential_bindings").set(changed).where("guid", "=", guid).execute();
}

/**
 * The binding is there: keeps what its kind keeps of `details`. Gives the processes whose routes changed: tell
 * `hooks.processRoutingChanged` after the commit.
 */
export async function completeBinding(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  binding: AnyBinding,
  details: Partial<BindingDetails>,
  lastOperation: string,
): Promise<string[]> {
  const changed = { last_operation: lastOperation, updated_at: api.nowMs() };
  if (binding.route_guid !== undefined) {
    const routeServiceUrl = details.routeServiceUrl ?? null;
    await trx
      .updateTable("service_route_bindings")
      .set({ ...changed, route_service_url: routeServiceUrl })
      .where("guid", "=", binding.guid)
      .execute();
    return processesOfRoutes(api, trx, [binding.route_guid]);
  }
  const forApp = binding.type === "app";
  await trx
    .updateTable("service_credential_bindings")
    .set({
      ...changed,
      credentials: JSON.stringify(details.credentials ?? {}),
      ...(forApp
        ? {
            syslog_drain_url: storedDrain(details.syslogDrainUrl ?? null),
            volume_mounts: JSON.stringify(details.volumeMounts ?? []),
          }
        : {}),
    })
    .where("guid", "=", binding.guid)
    .execute();
  return [];
}

/** Takes the row away. Gives the processes whose routes changed. */
export async function removeBinding(api: CcApi, trx: Kysely<CcDatabase>, binding: AnyBinding): Promise<string[]> {
  if (binding.route_guid !== undefined) {
    await deleteMetadata(trx, "service_route_binding", [binding.guid]);
    await trx.deleteFrom("service_route_bindings").where("guid", "=", binding.guid).execute();
    return processesOfRoutes(api, trx, [binding.route_guid]);
  }
  await deleteMetadata(trx, "service_credential_binding", [binding.guid]);
  await trx.deleteFrom("service_credential_bindings").where("guid", "=", binding.guid).execute();
  return [];
}

/** Drains are listed by commas. CC: service_binding.rb, encode_syslog_drain_url_commas */
export function storedDrain(url: string | null): string | null {
  return url === null ? null : url.replaceAll(",", "%2c");
}
