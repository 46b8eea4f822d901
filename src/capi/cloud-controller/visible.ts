import type { Kysely, Selectable } from "kysely";
import type { Access } from "./access.ts";
import type { CcApi } from "./api/api.ts";
import { CcError, notAuthorized, notFound } from "./errors.ts";
import type { CcDatabase, OrganizationsTable, SpacesTable } from "./store/schema.ts";

export type Organization = Selectable<OrganizationsTable>;
export type Space = Selectable<SpacesTable>;

/** The organization, when it exists and the caller may know of it. */
export async function findOrganization(api: CcApi, access: Access, guid: string): Promise<Organization | null> {
  if (!access.canReadOrganization(guid)) return null;
  return (await api.db.selectFrom("organizations").where("guid", "=", guid).selectAll().executeTakeFirst()) ?? null;
}

/** The organization, when the caller may know of it; else 404, as for one that does not exist. */
export async function visibleOrganization(api: CcApi, access: Access, guid: string): Promise<Organization> {
  const organization = await findOrganization(api, access, guid);
  if (organization === null) throw notFound("Organization");
  return organization;
}

/** The space, when it exists and the caller may know of it. */
export async function findSpace(api: CcApi, access: Access, guid: string): Promise<Space | null> {
  const row = await api.db.selectFrom("spaces").where("guid", "=", guid).selectAll().executeTakeFirst();
  return row === undefined || !access.canReadSpace(row) ? null : row;
}

/** The space, when the caller may know of it; else 404. */
export async function visibleSpace(api: CcApi, access: Access, guid: string): Promise<Space> {
  const space = await findSpace(api, access, guid);
  if (space === null) throw notFound("Space");
  return space;
}

/**
 * 403 unless `allowed`; then 403 OrgSuspended (or 422 while it is being deleted) when the organization is not active and the caller is
 * no admin. Ask after the 404 rule. CC: require_writable_org!
 */
export function requireOrganizationWrite(access: Access, organization: Organization, allowed: boolean): void {
  if (!allowed) throw notAuthorized();
  if (access.admin) return;
  if (organization.status === "deleting") throw new CcError("ResourceBeingDeleted", ["organization"]);
  if (organization.status === "suspended") throw new CcError("OrgSuspended");
}

/** The same for what is in a space: `await requireSpaceWrite(api, access, space, access.canWriteSpace(space))`. */
export async function requireSpaceWrite(
  api: { readonly db: Kysely<CcDatabase> },
  access: Access,
  space: Space,
  allowed: boolean,
): Promise<void> {
  if (!allowed) throw notAuthorized();
  if (access.admin) return;
  const organization = await api.db
    .selectFrom("organizations")
    .where("guid", "=", space.organization_guid)
    .select("status")
    .executeTakeFirst();
  if (organization?.status === "deleting") throw new CcError("ResourceBeingDeleted", ["organization"]);
  if (organization?.status === "suspended") throw new CcError("OrgSuspended");
  // An organization's manager may still work in a suspended space.
  if (access.inOrganization(["organization_manager"], space.organization_guid)) return;
  if (space.status === "deleting") throw new CcError("ResourceBeingDeleted", ["space"]);
  if (space.status === "suspended") throw new CcError("SpaceSuspended");
}
