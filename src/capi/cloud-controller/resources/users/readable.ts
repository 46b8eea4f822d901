import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";

/** A subquery of the users that a caller without global reading knows: those with roles in his organizations, and himself. */
export function readableGuids(api: CcApi, access: Access) {
  const mine = api.db
    .selectFrom("roles as mine")
    .where("mine.user_guid", "=", access.userGuid)
    .where("mine.organization_guid", "is not", null)
    .select("mine.organization_guid");
  return api.db
    .selectFrom("roles")
    .where("roles.organization_guid", "in", mine)
    .select("roles.user_guid")
    .union(api.db.selectFrom("users").where("users.guid", "=", access.userGuid).select("users.guid as user_guid"));
}
