import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import type { Role } from "./present.ts";

/** `audit.user.space_developer_add` … CC: repositories/user_event_repository.rb */
export async function recordRole(
  api: CcApi,
  trx: CcApi["db"],
  change: "add" | "remove",
  role: Role,
  organizationGuid: string,
  userName: string,
  actor: Actor,
  data: object,
): Promise<void> {
  await api.event(trx, {
    type: `audit.user.${role.type}_${change}`,
    actor,
    target: { guid: role.user_guid, type: "user", name: userName },
    organizationGuid,
    spaceGuid: role.space_guid,
    data,
  });
}
