import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { type Actor, HIDDEN } from "../../audit-events.ts";
import type { CcDatabase } from "../../store/schema.ts";

export type BindingAction = "create" | "update" | "delete" | "show" | "start_create" | "start_delete";

/** A binding of any kind, as far as its events go. */
export interface EventBinding {
  readonly guid: string;
  readonly service_instance_guid: string;
  readonly type?: "app" | "key";
  readonly name?: string | null;
  readonly app_guid?: string | null;
  readonly route_guid?: string;
}

/** App bindings happen in their app's space, others in their instance's. CC: repositories/service_generic_binding_event_repository.rb */
export async function recordBinding(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  action: BindingAction,
  binding: EventBinding,
  actor: Actor,
  data: object = {},
): Promise<void> {
  const owner = binding.app_guid
    ? trx.selectFrom("apps").where("guid", "=", binding.app_guid).select("space_guid")
    : trx.selectFrom("service_instances").where("guid", "=", binding.service_instance_guid).select("space_guid");
  const place = await trx
    .selectFrom("spaces")
    .where("guid", "in", owner)
    .select(["guid", "organization_guid"])
    .executeTakeFirst();
  const type =
    binding.type === undefined ? "service_route_binding" : binding.type === "key" ? "service_key" : "service_binding";
  await api.event(trx, {
    type: `audit.${type}.${action}`,
    actor,
    target: { guid: binding.guid, type, name: binding.name ?? "" },
    organizationGuid: place?.organization_guid ?? null,
    spaceGuid: place?.guid ?? null,
    data: action === "delete" || action === "start_delete" ? { request: whatIsDeleted(binding) } : data,
  });
}

/** A request without its parameters, which may hold secrets. */
export function redactedBinding(request: object): object {
  return "parameters" in request ? { ...request, parameters: HIDDEN } : request;
}

function whatIsDeleted(binding: EventBinding): object {
  return {
    app_guid: binding.app_guid ?? null,
    route_guid: binding.route_guid ?? null,
    service_instance_guid: binding.service_instance_guid,
  };
}
