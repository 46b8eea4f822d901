import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { type Actor, HIDDEN } from "../../audit-events.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { ServiceInstance } from "./readable.ts";

export type InstanceAction =
  | "create"
  | "update"
  | "delete"
  | "start_create"
  | "start_update"
  | "start_delete"
  | "show"
  | "purge"
  | "share"
  | "unshare";

/** How CC writes hidden credentials of user-provided instances. CC: presenters/helpers/censorship.rb */
const REDACTED = "[REDACTED]";

/** Writes what was done to an instance of either kind. CC: repositories/service_event_repository.rb */
export async function recordInstance(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  action: InstanceAction,
  instance: ServiceInstance,
  actor: Actor,
  data: object,
): Promise<void> {
  const place = await trx
    .selectFrom("spaces")
    .where("guid", "=", instance.space_guid)
    .select("organization_guid")
    .executeTakeFirst();
  const always = ["purge", "share", "unshare"].includes(action);
  const type = instance.type === "managed" || always ? "service_instance" : "user_provided_service_instance";
  await api.event(trx, {
    type: `audit.${type}.${action}`,
    actor,
    target: { guid: instance.guid, type, name: instance.name },
    organizationGuid: place?.organization_guid ?? null,
    spaceGuid: instance.space_guid,
    data,
  });
}

/** A request without what may be secret. */
export function redacted(request: object): object {
  return {
    ...request,
    ...("credentials" in request ? { credentials: REDACTED } : {}),
    ...("parameters" in request ? { parameters: HIDDEN } : {}),
  };
}
