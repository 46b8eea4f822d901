import type { Kysely } from "kysely";
import type { Access, HeldRole } from "./access.ts";
import type { CcDatabase, RoleType } from "./store/schema.ts";

/** All roles of a user, space roles with their organization. */
export async function rolesOfUser(db: Kysely<CcDatabase>, userGuid: string): Promise<HeldRole[]> {
  const rows = await db
    .selectFrom("roles")
    .leftJoin("spaces", "spaces.guid", "roles.space_guid")
    .where("roles.user_guid", "=", userGuid)
    .select([
      "roles.type",
      "roles.space_guid",
      "roles.organization_guid",
      "spaces.organization_guid as space_organization_guid",
    ])
    .execute();
  return rows.map((row) => ({
    type: row.type,
    organizationGuid: row.organization_guid ?? row.space_organization_guid ?? "",
    spaceGuid: row.space_guid,
  }));
}

/**
 * A subquery of the guids of the spaces where the caller has one of `types` (organization roles count for all spaces of the organization).
 * For `where("apps.space_guid", "in", …)`; ask `access.readsAll` first. Asks for no more than the kinds of roles that the caller holds: most
 * people hold none of an organization that opens its spaces, and databases do badly what is joined by "or".
 */
export function spaceGuidsWith(db: Kysely<CcDatabase>, access: Access, types: readonly RoleType[]) {
  const own = db
    .selectFrom("roles")
    .where("roles.user_guid", "=", access.userGuid)
    .where("roles.space_guid", "is not", null)
    .where("roles.type", "in", types)
    .select("roles.space_guid as guid")
    .$narrowType<{ guid: string }>();
  if (!holdsInOrganization(access, types)) return own;
  return own.unionAll(
    db
      .selectFrom("spaces")
      .where("spaces.organization_guid", "in", organizationRoleGuids(db, access, types))
      .select("spaces.guid as guid"),
  );
}

/** A subquery of the guids of the organizations where the caller has one of `types`, in the organization itself or in one of its spaces. */
export function organizationGuidsWith(db: Kysely<CcDatabase>, access: Access, types: readonly RoleType[]) {
  const own = db
    .selectFrom("roles")
    .where("roles.user_guid", "=", access.userGuid)
    .where("roles.organization_guid", "is not", null)
    .where("roles.type", "in", types)
    .select("roles.organization_guid as guid")
    .$narrowType<{ guid: string }>();
  if (!access.roles.some((role) => role.spaceGuid !== null && types.includes(role.type))) return own;
  return own.unionAll(
    db
      .selectFrom("roles")
      .innerJoin("spaces", "spaces.guid", "roles.space_guid")
      .where("roles.user_guid", "=", access.userGuid)
      .where("roles.type", "in", types)
      .select("spaces.organization_guid as guid"),
  );
}

/** Whether the caller has any of `types` in an organization itself. */
export function holdsInOrganization(access: Access, types: readonly RoleType[]): boolean {
  return access.roles.some((role) => role.spaceGuid === null && types.includes(role.type));
}

/** A subquery of the guids of the organizations where the caller has one of `types` in the organization itself. */
export function organizationRoleGuids(db: Kysely<CcDatabase>, access: Access, types: readonly RoleType[]) {
  return db
    .selectFrom("roles")
    .where("roles.user_guid", "=", access.userGuid)
    .where("roles.organization_guid", "is not", null)
    .where("roles.type", "in", types)
    .select("roles.organization_guid");
}
