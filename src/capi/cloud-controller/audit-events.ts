import type { Kysely } from "kysely";
import type { Clock } from "../../kit/clock.ts";
import type { Random } from "../../kit/random.ts";
import type { Caller } from "./api/request.ts";
import type { CcDatabase } from "./store/schema.ts";

/** Who did it. */
export interface Actor {
  readonly guid: string;
  readonly type: "user" | "app" | "process" | "system" | "service_broker" | "user_provided_service_instance";
  readonly name: string;
}

export interface AuditEvent {
  /** `audit.organization.create`, `app.crash` … CC: repositories/event_types.rb */
  readonly type: string;
  readonly actor: Actor;
  readonly target: { readonly guid: string; readonly type: string; readonly name: string };
  readonly organizationGuid: string | null;
  readonly spaceGuid: string | null;
  /** `{ request: … }` and the like; secrets are replaced by `[PRIVATE DATA HIDDEN]` before. */
  readonly data?: object;
}

/** What CC writes instead of a secret. */
export const HIDDEN = "[PRIVATE DATA HIDDEN]";

export function actorOf(caller: Caller): Actor {
  return { guid: caller.guid, type: "user", name: caller.email === "" ? caller.userName : caller.email };
}

/** Writes the event in the same transaction as the change that it tells of. */
export async function recordEvent(
  trx: Kysely<CcDatabase>,
  deps: { readonly clock: Clock; readonly random: Random },
  event: AuditEvent,
): Promise<void> {
  await trx
    .insertInto("audit_events")
    .values({
      guid: deps.random.guid(),
      created_at: deps.clock.nowMs(),
      type: event.type,
      actor_guid: event.actor.guid,
      actor_type: event.actor.type,
      actor_name: event.actor.name,
      target_guid: event.target.guid,
      target_type: event.target.type,
      target_name: event.target.name,
      data: JSON.stringify(event.data ?? {}),
      organization_guid: event.organizationGuid,
      space_guid: event.spaceGuid,
    })
    .execute();
}
