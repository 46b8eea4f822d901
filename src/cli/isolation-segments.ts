import type { Cli } from "./cli.ts";
import { notFound } from "./errors.ts";
import type { Resource } from "./resources.ts";

/** Throws `NotFound`. */
export async function isolationSegmentByName({ cc }: Cli, name: string): Promise<Resource> {
  const segment = await cc.first<Resource>("/v3/isolation_segments", { names: [name] });
  if (segment === null) throw notFound("Isolation segment", name);
  return segment;
}

/** Null: none of its own. */
export async function setOrgDefaultSegment({ cc }: Cli, orgGuid: string, segment: string | null): Promise<void> {
  const path = `/v3/organizations/${orgGuid}/relationships/default_isolation_segment`;
  await cc.patch(path, { data: segment === null ? null : { guid: segment } });
}

/** Null: that of the org. */
export async function setSpaceSegment({ cc }: Cli, spaceGuid: string, segment: string | null): Promise<void> {
  const path = `/v3/spaces/${spaceGuid}/relationships/isolation_segment`;
  await cc.patch(path, { data: segment === null ? null : { guid: segment } });
}
