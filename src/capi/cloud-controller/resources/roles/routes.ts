import { type Access, ORGANIZATION_READERS, SPACE_READERS } from "../../access.ts";
import { organizationRoleGuids, spaceGuidsWith } from "../../access-store.ts";
import { accepted, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { notFound, unprocessable } from "../../errors.ts";
import type { JobWork } from "../../jobs.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery, parseShowQuery } from "../../list-query.ts";
import type { RoleType } from "../../store/schema.ts";
import { requireOrganizationWrite, requireSpaceWrite } from "../../visible.ts";
import { includedOrganizations } from "../organizations/present.ts";
import { includedSpaces } from "../spaces/present.ts";
import { uaaUsers } from "../users/names.ts";
import { includedUsers } from "../users/present.ts";
import { createRole } from "./create.ts";
import { recordRole } from "./events.ts";
import { presentRole, type Role } from "./present.ts";

/** CC: messages/roles_list_message.rb */
const ROLES_LIST = {
  filters: { organization_guids: "list", space_guids: "list", user_guids: "list", types: "list" },
  include: ["user", "organization", "space"],
  mistakesAre: "UnprocessableEntity",
} as const satisfies ListSpec;

/** Registers `/v3/roles`. CC: controllers/v3/roles_controller.rb */
export function roles(api: CcApi): void {
  api.get("/v3/roles", index(api));
  api.post("/v3/roles", createRole(api));
  api.get("/v3/roles/:guid", async ({ params, query, access }) => {
    const { include } = parseShowQuery({ include: ROLES_LIST.include }, query);
    const role = await visibleRole(api, access, params["guid"]!);
    return ok({ ...presentRole(role, api.links), ...(await included(api, include, [role])) });
  });
  api.delete("/v3/roles/:guid", destroy(api));
  api.job("role.delete", deleteRole(api));
}

function readable(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("roles").selectAll("roles");
  if (access.readsAll) return rows;
  return rows.where((eb) =>
    eb.or([
      eb("roles.space_guid", "in", spaceGuidsWith(api.db, access, SPACE_READERS)),
      eb("roles.organization_guid", "in", organizationRoleGuids(api.db, access, ORGANIZATION_READERS)),
    ]),
  );
}

async function visibleRole(api: CcApi, access: Access, guid: string): Promise<Role> {
  const role = await readable(api, access).where("roles.guid", "=", guid).executeTakeFirst();
  if (role === undefined) throw notFound("Role");
  return role;
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(ROLES_LIST, { order_by: "created_at", ...query });
    let rows = readable(api, access);
    const organizationGuids = list.list("organization_guids");
    if (organizationGuids !== null) rows = rows.where("roles.organization_guid", "in", organizationGuids);
    const spaceGuids = list.list("space_guids");
    if (spaceGuids !== null) rows = rows.where("roles.space_guid", "in", spaceGuids);
    const userGuids = list.list("user_guids");
    if (userGuids !== null) rows = rows.where("roles.user_guid", "in", userGuids);
    const types = list.list("types");
    if (types !== null) rows = rows.where("roles.type", "in", types as readonly RoleType[]);
    const page = await readPage(rows, "roles", list);
    const document = presentPage(
      api.links,
      path,
      list,
      page.total,
      page.rows.map((role) => presentRole(role, api.links)),
    );
    return ok({ ...document, ...(await included(api, list.include, page.rows)) });
  };
}

async function included(api: CcApi, include: readonly string[], rows: readonly Role[]): Promise<object> {
  if (include.length === 0) return {};
  const guids = (column: "organization_guid" | "space_guid") => rows.flatMap((role) => role[column] ?? []);
  return {
    included: {
      ...(include.includes("user")
        ? {
            users: await includedUsers(
              api,
              rows.map((role) => role.user_guid),
            ),
          }
        : {}),
      ...(include.includes("organization")
        ? { organizations: await includedOrganizations(api, guids("organization_guid")) }
        : {}),
      ...(include.includes("space") ? { spaces: await includedSpaces(api, guids("space_guid")) } : {}),
    },
  };
}

function destroy(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const role = await visibleRole(api, access, params["guid"]!);
    if (role.space_guid !== null) {
      const space = await api.db
        .selectFrom("spaces")
        .where("guid", "=", role.space_guid)
        .selectAll()
        .executeTakeFirstOrThrow();
      await requireSpaceWrite(api, access, space, access.canUpdateSpace(space));
    } else {
      const organization = await api.db
        .selectFrom("organizations")
        .where("guid", "=", role.organization_guid)
        .selectAll()
        .executeTakeFirstOrThrow();
      requireOrganizationWrite(access, organization, access.canWriteOrganization(organization.guid));
      if (role.type === "organization_user") await refuseWithSpaceRoles(api, role);
    }
    const job = await api.enqueue({
      operation: "role.delete",
      resourceType: "role",
      resourceGuid: role.guid,
      actor: actorOf(caller),
    });
    return accepted(job);
  };
}

async function refuseWithSpaceRoles(api: CcApi, role: Role): Promise<void> {
  const held = await api.db
    .selectFrom("roles")
    .innerJoin("spaces", "spaces.guid", "roles.space_guid")
    .where("roles.user_guid", "=", role.user_guid)
    .where("spaces.organization_guid", "=", role.organization_guid!)
    .select("roles.guid")
    .executeTakeFirst();
  if (held === undefined) return;
  throw unprocessable("Cannot delete organization_user role while user has roles in spaces in that organization.");
}

function deleteRole(api: CcApi): JobWork {
  return async ({ resourceGuid, actor }, signal) => {
    const role = await api.db.selectFrom("roles").where("guid", "=", resourceGuid).selectAll().executeTakeFirst();
    if (role === undefined) return undefined;
    const name = (await uaaUsers(api, [role.user_guid], signal)).get(role.user_guid)?.userName ?? "";
    await api.transaction(async (trx) => {
      const space = await trx
        .selectFrom("spaces")
        .where("guid", "=", role.space_guid ?? "")
        .select("organization_guid")
        .executeTakeFirst();
      const organizationGuid = role.organization_guid ?? space?.organization_guid ?? "";
      await recordRole(api, trx, "remove", role, organizationGuid, name, actor, { request: {} });
      await trx.deleteFrom("roles").where("guid", "=", role.guid).execute();
    });
    return undefined;
  };
}
