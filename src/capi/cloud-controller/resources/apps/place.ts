import type { Kysely, Selectable } from "kysely";
import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import type { Actor, AuditEvent } from "../../audit-events.ts";
import { notFound } from "../../errors.ts";
import type { AppsTable, CcDatabase, OrganizationsTable } from "../../store/schema.ts";
import { requireSpaceWrite, type Space } from "../../visible.ts";

export type App = Selectable<AppsTable>;
export type Organization = Selectable<OrganizationsTable>;

/** An app with all that tells where it belongs. */
export interface AppPlace {
  readonly app: App;
  readonly space: Space;
  readonly organization: Organization;
}

/** Null when there is no such app. */
export async function findAppPlace(db: Kysely<CcDatabase>, guid: string): Promise<AppPlace | null> {
  const app = await db.selectFrom("apps").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (app === undefined) return null;
  return { app, ...(await placeOfSpace(db, app.space_guid)) };
}

export async function placeOfSpace(
  db: Kysely<CcDatabase>,
  spaceGuid: string,
): Promise<{ readonly space: Space; readonly organization: Organization }> {
  const space = await db.selectFrom("spaces").where("guid", "=", spaceGuid).selectAll().executeTakeFirstOrThrow();
  const organization = await db
    .selectFrom("organizations")
    .where("guid", "=", space.organization_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  return { space, organization };
}

/** 404 for an app that does not exist or that the caller may not see. */
export async function visibleApp(api: CcApi, access: Access, guid: string): Promise<AppPlace> {
  const place = await findAppPlace(api.db, guid);
  if (place === null || !access.canReadSpace(place.space)) throw notFound("App");
  return place;
}

/** For changes that need a space developer. */
export async function writableApp(api: CcApi, request: CcRequest, guid: string): Promise<AppPlace> {
  const place = await visibleApp(api, request.access, guid);
  await requireSpaceWrite(api, request.access, place.space, request.access.canWriteSpace(place.space));
  return place;
}

/** For start, stop, scale and the like: supporters may, too. */
export async function manageableApp(api: CcApi, request: CcRequest, guid: string): Promise<AppPlace> {
  const place = await visibleApp(api, request.access, guid);
  await requireSpaceWrite(api, request.access, place.space, request.access.canManageApps(place.space));
  return place;
}

/** An audit event about the app. */
export function appEvent(type: string, place: AppPlace, actor: Actor, data?: object): AuditEvent {
  return {
    type,
    actor,
    target: { guid: place.app.guid, type: "app", name: place.app.name },
    organizationGuid: place.organization.guid,
    spaceGuid: place.space.guid,
    ...(data === undefined ? {} : { data }),
  };
}
