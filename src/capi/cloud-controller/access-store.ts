import type { Kysely } from "kysely";
import type { Access, HeldRole } from "./access.ts";
import { padded } from "./padded.ts";
import type { CcDatabase, RoleType } from "./store/schema.ts";

/** All roles of a user, space roles with their organization. */
export async function rolesOfUser(db: Kysely<CcDatabase>, userGuid: string): Promise<HeldRole[]> {
  // Not joined: PostgreSQL would read all spaces for the few that it looks for.
  const rows = await db
    .selectFrom("roles")
    .where("roles.user_guid", "=", userGuid)
    .select(["roles.type", "roles.space_guid", "roles.organization_guid"])
    .select((eb) =>
      eb
        .selectFrom("spaces")
        .whereRef("spaces.guid", "=", "roles.space_guid")
        .select("spaces.organization_guid")
        .as("space_organization_guid"),
    )
    .execute();
  return rows.map((row) => ({
    type: row.type,
    organizationGuid: row.organization_guid ?? row.space_organization_guid ?? "",
    spaceGuid: row.space_guid,
  }));
}

/**
 * Guids that are named one by one in a statement: databases find each by an index, also where one condition of several holds ("or"), which
 * they do not for subqueries. Who has more is looked up by the database.
 */
const NAMED_MAX = 128;

/**
 * The guids of the spaces where the caller has one of `types` (organization roles count for all spaces of the organization).
 * For `where("apps.space_guid", "in", …)`; ask `access.readsAll` first.
 */
export function spaceGuidsWith(db: Kysely<CcDatabase>, access: Access, types: readonly RoleType[]) {
  const opened = access.roles.some((role) => role.spaceGuid === null && types.includes(role.type));
  const named = opened ? null : namedGuids(access, types, (role) => role.spaceGuid);
  if (named !== null) return named;
  const own = db
    .selectFrom("roles")
    .where("roles.user_guid", "=", access.userGuid)
    .where("roles.space_guid", "is not", null)
    .where("roles.type", "in", types)
    .select("roles.space_guid as guid")
    .$narrowType<{ guid: string }>();
  if (!opened) return own;
  return own.unionAll(
    db
      .selectFrom("spaces")
      .where("spaces.organization_guid", "in", organizationRoleGuids(db, access, types))
      .select("spaces.guid as guid"),
  );
}

/** The guids of the organizations where the caller has one of `types`, in the organization itself or in one of its spaces. */
export function organizationGuidsWith(db: Kysely<CcDatabase>, access: Access, types: readonly RoleType[]) {
  const named = namedGuids(access, types, (role) => role.organizationGuid);
  if (named !== null) return named;
  return organizationRoles(db, access, types).unionAll(
    db
      .selectFrom("roles")
      .innerJoin("spaces", "spaces.guid", "roles.space_guid")
      .where("roles.user_guid", "=", access.userGuid)
      .where("roles.type", "in", types)
      .select("spaces.organization_guid as guid"),
  );
}

/** The guids of the organizations where the caller has one of `types` in the organization itself. */
export function organizationRoleGuids(db: Kysely<CcDatabase>, access: Access, types: readonly RoleType[]) {
  const named = namedGuids(access, types, (role) => (role.spaceGuid === null ? role.organizationGuid : null));
  return named ?? organizationRoles(db, access, types);
}

function organizationRoles(db: Kysely<CcDatabase>, access: Access, types: readonly RoleType[]) {
  return db
    .selectFrom("roles")
    .where("roles.user_guid", "=", access.userGuid)
    .where("roles.organization_guid", "is not", null)
    .where("roles.type", "in", types)
    .select("roles.organization_guid as guid")
    .$narrowType<{ guid: string }>();
}

/**
 * What `guidOf` gives for the roles of `types`, padded; null when these are too many to be named.
 */
function namedGuids(
  access: Access,
  types: readonly RoleType[],
  guidOf: (role: HeldRole) => string | null,
): readonly string[] | null {
  const guids = new Set<string>();
  for (const role of access.roles) {
    const guid = types.includes(role.type) ? guidOf(role) : null;
    if (guid !== null) guids.add(guid);
  }
  if (guids.size > NAMED_MAX) return null;
  return padded([...guids]);
}
