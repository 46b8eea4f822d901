import { type Kysely, sql } from "kysely";
import { type Access, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import type { ListQuery } from "../../list-query.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { App } from "./place.ts";

/** The apps in the spaces that the caller may see and that a list's `space_guids` and `organization_guids` leave. */
export function appsInPlaces(api: CcApi, access: Access, list: ListQuery) {
  let apps = api.db.selectFrom("apps");
  if (!access.readsAll) apps = apps.where("apps.space_guid", "in", spaceGuidsWith(api.db, access, SPACE_READERS));
  const spaces = list.list("space_guids");
  if (spaces !== null) apps = apps.where("apps.space_guid", "in", spaces);
  const organizations = list.list("organization_guids");
  if (organizations === null) return apps;
  const within = api.db.selectFrom("spaces").where("spaces.organization_guid", "in", organizations);
  return apps.where("apps.space_guid", "in", within.select("spaces.guid"));
}

/** For lists of what apps have: a subquery of the guids of those apps; null when all apps are meant, so that nothing needs to be looked up. */
export function appGuidsInPlaces(api: CcApi, access: Access, list: ListQuery) {
  const all = access.readsAll && list.list("space_guids") === null && list.list("organization_guids") === null;
  return all ? null : appsInPlaces(api, access, list).select("apps.guid");
}

/** A column of the apps that own `rows`, in one query. */
export async function appColumn<Column extends keyof App>(
  db: Kysely<CcDatabase>,
  rows: readonly { readonly app_guid: string }[],
  column: Column,
): Promise<(row: { readonly app_guid: string }) => App[Column]> {
  const guids = [...new Set(rows.map((row) => row.app_guid))];
  const wanted = sql`${sql.ref(column)}`.as("wanted");
  const apps =
    guids.length === 0 ? [] : await db.selectFrom("apps").where("guid", "in", guids).select(["guid", wanted]).execute();
  const values = new Map(apps.map((app) => [app.guid, app.wanted]));
  return (row) => values.get(row.app_guid) as App[Column];
}
