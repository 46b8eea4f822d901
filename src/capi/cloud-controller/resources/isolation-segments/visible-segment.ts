import type { Selectable } from "kysely";
import { type Access, ORGANIZATION_READERS, SPACE_READERS } from "../../access.ts";
import { organizationRoleGuids, spaceGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import { notFound } from "../../errors.ts";
import type { NamedTable } from "../../store/schema.ts";

export type IsolationSegment = Selectable<NamedTable>;

/** Everybody knows the segments of his organizations. */
export function readable(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("isolation_segments").selectAll("isolation_segments");
  if (access.readsAll) return rows;
  const mine = organizationRoleGuids(api.db, access, ORGANIZATION_READERS);
  return rows.where("isolation_segments.guid", "in", segmentsOf(api).where("organization_guid", "in", mine));
}

export function segmentsOf(api: CcApi) {
  return api.db.selectFrom("isolation_segment_organizations").select("isolation_segment_guid");
}

export async function visibleSegment(api: CcApi, access: Access, guid: string): Promise<IsolationSegment> {
  const segment = await readable(api, access).where("isolation_segments.guid", "=", guid).executeTakeFirst();
  if (segment === undefined) throw notFound("Isolation segment");
  return segment;
}

/** Organizations entitled to a segment that the caller may see; spaces likewise. */
export function readersOf(api: CcApi, access: Access) {
  return {
    organizations: access.readsAll ? null : organizationRoleGuids(api.db, access, ORGANIZATION_READERS),
    spaces: access.readsAll ? null : spaceGuidsWith(api.db, access, SPACE_READERS),
  };
}
