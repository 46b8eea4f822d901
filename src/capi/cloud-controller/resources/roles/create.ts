import type { UaaUser } from "../../../../identity/uaa/client.ts";
import { isUniqueViolation } from "../../../../kit/database.ts";
import type { Access } from "../../access.ts";
import { created } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { type Actor, actorOf } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { parseBody } from "../../validation.ts";
import { type Organization, requireOrganizationWrite, requireSpaceWrite, type Space } from "../../visible.ts";
import { ensureUaaUser, uaaUsers, uaaUsersByName } from "../users/names.ts";
import { readableGuids } from "../users/readable.ts";
import { ROLE_CREATE, type RoleWanted } from "./body.ts";
import { recordRole } from "./events.ts";
import { presentRole, type Role } from "./present.ts";

const NO_ROLE_IN_ORGANIZATION =
  "Users cannot be assigned roles in a space if they do not have a role in that space's organization.";

/** CC: controllers/v3/roles_controller.rb, actions/role_create.rb */
export function createRole(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    const wanted = parseBody(ROLE_CREATE, body);
    const role =
      "spaceGuid" in wanted.place
        ? await inSpace(api, access, actorOf(caller), wanted, wanted.place.spaceGuid, body as object)
        : await inOrganization(api, access, actorOf(caller), wanted, wanted.place.organizationGuid, body as object);
    return created(presentRole(role, api.links));
  };
}

async function inSpace(
  api: CcApi,
  access: Access,
  actor: Actor,
  wanted: RoleWanted,
  spaceGuid: string,
  request: object,
): Promise<Role> {
  const space = await api.db.selectFrom("spaces").where("guid", "=", spaceGuid).selectAll().executeTakeFirst();
  if (space === undefined)
    throw unprocessable("Invalid space. Ensure that the space exists and you have access to it.");
  await requireSpaceWrite(api, access, space, access.canUpdateSpace(space));
  const userGuid = await userGuidOf(api, access, wanted, NO_ROLE_IN_ORGANIZATION);
  let known = api.db.selectFrom("users").where("users.guid", "=", userGuid).select("users.guid");
  if (!access.readsAll) known = known.where("users.guid", "in", readableGuids(api, access));
  if ((await known.executeTakeFirst()) === undefined) throw unprocessable(NO_ROLE_IN_ORGANIZATION);
  const member = await api.db
    .selectFrom("roles")
    .where("user_guid", "=", userGuid)
    .where("organization_guid", "=", space.organization_guid)
    .where("type", "=", "organization_user")
    .select("guid")
    .executeTakeFirst();
  if (member === undefined) throw unprocessable(NO_ROLE_IN_ORGANIZATION);
  return insert(api, actor, wanted, userGuid, { space }, request);
}

async function inOrganization(
  api: CcApi,
  access: Access,
  actor: Actor,
  wanted: RoleWanted,
  organizationGuid: string,
  request: object,
): Promise<Role> {
  const organization = await api.db
    .selectFrom("organizations")
    .where("guid", "=", organizationGuid)
    .selectAll()
    .executeTakeFirst();
  if (organization === undefined) {
    throw unprocessable("Invalid organization. Ensure that the organization exists and you have access to it.");
  }
  requireOrganizationWrite(access, organization, access.canWriteOrganization(organization.guid));
  const userGuid = await userGuidOf(api, access, wanted, null, api.config.orgManagersCreateUsers === true);
  await api.users.ensure(api.db, userGuid);
  return insert(api, actor, wanted, userGuid, { organization }, request);
}

async function userGuidOf(
  api: CcApi,
  access: Access,
  { user }: RoleWanted,
  unknownText: string | null,
  createsUsers = false,
): Promise<string> {
  if ("guid" in user) return user.guid;
  await api.featureFlags.require("set_roles_by_username", access);
  if (createsUsers && user.origin !== null && user.origin !== "uaa") {
    return (await ensureUaaUser(api, user.userName, user.origin)).id;
  }
  const found = await uaaUsersByName(api, [user.userName], user.origin);
  if (user.origin === null && found.length > 1) {
    const origins = found.map(({ origin }) => origin).sort();
    throw unprocessable(
      `Ambiguous user. User with username '${user.userName}' exists in the following origins: ${origins.join(", ")}. Specify an origin to disambiguate.`,
    );
  }
  const only: UaaUser | undefined = found[0];
  if (only !== undefined) return only.id;
  throw unprocessable(
    unknownText ??
      (user.origin === null
        ? `No user exists with the username '${user.userName}'.`
        : `No user exists with the username '${user.userName}' and origin '${user.origin}'.`),
  );
}

async function insert(
  api: CcApi,
  actor: Actor,
  wanted: RoleWanted,
  userGuid: string,
  place: { readonly space: Space } | { readonly organization: Organization },
  request: object,
): Promise<Role> {
  const name = (await uaaUsers(api, [userGuid])).get(userGuid)?.userName ?? null;
  return api
    .transaction(async (trx) => {
      const row = await trx
        .insertInto("roles")
        .values({
          ...api.stamp(),
          type: wanted.type,
          user_guid: userGuid,
          organization_guid: "organization" in place ? place.organization.guid : null,
          space_guid: "space" in place ? place.space.guid : null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      const organizationGuid = "space" in place ? place.space.organization_guid : place.organization.guid;
      await recordRole(api, trx, "add", row, organizationGuid, name ?? "", actor, { request });
      return row;
    })
    .catch((error) => {
      if (!isUniqueViolation(error)) throw error;
      const where = "space" in place ? `space '${place.space.name}'` : `organization '${place.organization.name}'`;
      throw unprocessable(`User '${name ?? userGuid}' already has '${wanted.type}' role in ${where}.`);
    });
}
