import { type Access, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import { type Metadata, metadataOf } from "../../metadata.ts";
import type { Space } from "../../visible.ts";

/** CC: presenters/v3/space_presenter.rb */
export function presentSpace(space: Space, metadata: Metadata, links: Links): object {
  const path = `/v3/spaces/${space.guid}`;
  const quota = space.space_quota_guid;
  return {
    guid: space.guid,
    created_at: presentTime(space.created_at),
    updated_at: presentTime(space.updated_at),
    name: space.name,
    suspended: space.status === "suspended",
    relationships: {
      organization: { data: { guid: space.organization_guid } },
      quota: { data: quota === null ? null : { guid: quota } },
    },
    metadata,
    links: {
      self: links.to(path),
      organization: links.to(`/v3/organizations/${space.organization_guid}`),
      features: links.to(`${path}/features`),
      apply_manifest: links.to(`${path}/actions/apply_manifest`, "POST"),
      ...(quota === null ? {} : { quota: links.to(`/v3/space_quotas/${quota}`) }),
    },
  };
}

export async function presentSpaces(api: CcApi, spaces: readonly Space[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "space",
    spaces.map(({ guid }) => guid),
  );
  return spaces.map((space) => presentSpace(space, metadata(space.guid), api.links));
}

/** For `included.spaces`. */
export async function includedSpaces(api: CcApi, guids: readonly string[]): Promise<object[]> {
  if (guids.length === 0) return [];
  const rows = await api.db
    .selectFrom("spaces")
    .where("guid", "in", [...new Set(guids)])
    .orderBy("created_at")
    .orderBy("guid")
    .selectAll()
    .execute();
  return presentSpaces(api, rows);
}

/** Those of the guids that are of spaces which the caller may read. */
export async function readableSpaces(api: CcApi, access: Access, guids: readonly string[]): Promise<readonly string[]> {
  if (access.readsAll || guids.length === 0) return guids;
  const readable = spaceGuidsWith(api.db, access, SPACE_READERS);
  const rows = await api.db
    .selectFrom("spaces")
    .where("guid", "in", [...new Set(guids)])
    .where("guid", "in", readable)
    .select("guid")
    .execute();
  return rows.map(({ guid }) => guid);
}
