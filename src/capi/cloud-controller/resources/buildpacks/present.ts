import type { Selectable } from "kysely";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { Metadata } from "../../metadata.ts";
import type { BuildpacksTable } from "../../store/schema.ts";

export type Buildpack = Selectable<BuildpacksTable>;

/** CC: presenters/v3/buildpack_presenter.rb */
export function presentBuildpack(buildpack: Buildpack, metadata: Metadata, links: Links): object {
  const path = `/v3/buildpacks/${buildpack.guid}`;
  return {
    guid: buildpack.guid,
    created_at: presentTime(buildpack.created_at),
    updated_at: presentTime(buildpack.updated_at),
    name: buildpack.name,
    stack: buildpack.stack,
    state: buildpack.state,
    lifecycle: buildpack.lifecycle,
    filename: buildpack.filename,
    position: buildpack.position,
    enabled: buildpack.enabled === 1,
    locked: buildpack.locked === 1,
    metadata,
    links: { self: links.to(path), upload: links.to(`${path}/upload`, "POST") },
  };
}
