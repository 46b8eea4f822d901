import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import type { Space } from "../../visible.ts";

/** Writes `audit.space.…`. CC: repositories/space_event_repository.rb */
export async function recordSpace(
  api: CcApi,
  trx: CcApi["db"],
  action: "create" | "update",
  space: Space,
  actor: Actor,
  data: object,
): Promise<void> {
  await api.event(trx, {
    type: `audit.space.${action}`,
    actor,
    target: { guid: space.guid, type: "space", name: space.name },
    organizationGuid: space.organization_guid,
    spaceGuid: space.guid,
    data,
  });
}
