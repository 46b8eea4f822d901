import { noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { notFound, unprocessable } from "../../errors.ts";
import { listed, presentToMany, TO_MANY_BODY } from "../../relationship.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { type Lifecycle, readableGroups, type SecurityGroup } from "./store.ts";

/** Registers the binding of groups to spaces, for running and for staging. CC: actions/security_group_apply.rb, security_group_unapply.rb */
export function securityGroupBindings(api: CcApi): void {
  for (const lifecycle of ["running", "staging"] as const) {
    const path = `/v3/security_groups/:guid/relationships/${lifecycle}_spaces`;
    api.post(path, bind(api, lifecycle));
    api.delete(`${path}/:space_guid`, unbind(api, lifecycle));
  }
}

async function visibleGroup(api: CcApi, { params, access }: CcRequest): Promise<SecurityGroup> {
  const group = await readableGroups(api, access)
    .where("security_groups.guid", "=", params["guid"]!)
    .executeTakeFirst();
  if (group === undefined) throw notFound("Security group");
  return group;
}

function bind(api: CcApi, lifecycle: Lifecycle): Handler {
  return async (request) => {
    const { access } = request;
    const group = await visibleGroup(api, request);
    const guids = parseBody(TO_MANY_BODY, request.body);
    const spaces = await api.db.selectFrom("spaces").where("guid", "in", guids).selectAll().execute();
    for (const space of spaces) await requireSpaceWrite(api, access, space, access.canUpdateSpace(space));
    const missing = guids.filter((guid) => !spaces.some((space) => space.guid === guid && access.canReadSpace(space)));
    if (missing.length > 0) {
      throw unprocessable(`Spaces with guids ${listed(missing)} do not exist, or you do not have access to them.`);
    }
    await api.transaction((trx) => bindSpaces(trx, group.guid, guids, lifecycle));
    api.hooks.securityGroupsChanged(guids);
    const rows = await api.db
      .selectFrom("security_group_spaces")
      .innerJoin("spaces", "spaces.guid", "security_group_spaces.space_guid")
      .where("security_group_guid", "=", group.guid)
      .where("lifecycle", "=", lifecycle)
      .orderBy("spaces.id")
      .select("spaces.guid")
      .execute();
    const bound = rows.map(({ guid }) => guid);
    return ok(presentToMany(api.links, `/v3/security_groups/${group.guid}`, `${lifecycle}_spaces`, bound, false));
  };
}

/** Idempotent. */
export async function bindSpaces(
  trx: CcApi["db"],
  groupGuid: string,
  spaceGuids: readonly string[],
  lifecycle: Lifecycle,
): Promise<void> {
  for (const guid of spaceGuids) {
    await trx
      .insertInto("security_group_spaces")
      .values({ security_group_guid: groupGuid, space_guid: guid, lifecycle })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

function unbind(api: CcApi, lifecycle: Lifecycle): Handler {
  return async (request) => {
    const { access } = request;
    const group = await visibleGroup(api, request);
    const guid = request.params["space_guid"]!;
    const unbound = unprocessable(
      `Unable to unbind security group from space with guid '${guid}'. Ensure the space is bound to this security group.`,
    );
    const space = await api.db.selectFrom("spaces").where("guid", "=", guid).selectAll().executeTakeFirst();
    if (space === undefined) throw unbound;
    await requireSpaceWrite(api, access, space, access.canUpdateSpace(space));
    const removed = await api.db
      .deleteFrom("security_group_spaces")
      .where("security_group_guid", "=", group.guid)
      .where("space_guid", "=", space.guid)
      .where("lifecycle", "=", lifecycle)
      .executeTakeFirst();
    if (removed.numDeletedRows === 0n) throw unbound;
    api.hooks.securityGroupsChanged([space.guid]);
    return noContent();
  };
}
