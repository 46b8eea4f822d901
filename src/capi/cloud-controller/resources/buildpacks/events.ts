import type { Actor, AuditEvent } from "../../audit-events.ts";
import type { Buildpack } from "./present.ts";

/** CC: repositories/buildpack_event_repository.rb */
export function buildpackEvent(
  action: "create" | "update" | "delete" | "upload",
  buildpack: Buildpack,
  actor: Actor,
  data: object = {},
): AuditEvent {
  return {
    type: `audit.buildpack.${action}`,
    actor,
    target: { guid: buildpack.guid, type: "buildpack", name: buildpack.name },
    organizationGuid: null,
    spaceGuid: null,
    data,
  };
}
