import type { Kysely, Selectable } from "kysely";
import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import { notFound } from "../../errors.ts";
import type { CcDatabase, DropletsTable } from "../../store/schema.ts";
import { type AppPlace, findAppPlace } from "../apps/place.ts";

export type Droplet = Selectable<DropletsTable>;

/** A buildpack that took part in making a droplet. */
export interface DropletBuildpack {
  readonly name: string;
  readonly detect_output: string | null;
  readonly buildpack_name: string | null;
  readonly version: string | null;
}

/** CC: droplets.max_staged_droplets_stored */
const STAGED_KEPT = 5;

/** 404 unless the caller may read the droplet's space. */
export async function visibleDroplet(
  api: CcApi,
  access: Access,
  guid: string,
): Promise<{ readonly droplet: Droplet; readonly place: AppPlace }> {
  const droplet = await findDroplet(api.db, guid);
  const place = droplet === undefined ? null : await findAppPlace(api.db, droplet.app_guid);
  if (droplet === undefined || place === null || !access.canReadSpace(place.space)) throw notFound("Droplet");
  return { droplet, place };
}

export async function findDroplet(db: Kysely<CcDatabase>, guid: string): Promise<Droplet | undefined> {
  return await db.selectFrom("droplets").where("guid", "=", guid).selectAll().executeTakeFirst();
}

/** A new droplet without content. */
export function newDroplet(api: CcApi, appGuid: string, columns: Partial<Droplet>): Omit<Droplet, "id"> {
  return {
    ...api.stamp(),
    app_guid: appGuid,
    package_guid: null,
    build_guid: null,
    state: "AWAITING_UPLOAD",
    error_id: null,
    error_description: null,
    lifecycle_type: "buildpack",
    buildpacks: "[]",
    stack: null,
    image: null,
    docker_username: null,
    docker_password: null,
    process_types: "{}",
    execution_metadata: "",
    sidecars: "[]",
    sha1: null,
    sha256: null,
    ...columns,
  };
}

/** Old droplets lose their bits, but never the current one or one that a revision in use needs. CC: lib/cloud_controller/bits_expiration.rb */
export async function expireDroplets(api: CcApi, appGuid: string): Promise<void> {
  const kept = api.db
    .selectFrom("apps")
    .where("guid", "=", appGuid)
    .where("droplet_guid", "is not", null)
    .select("droplet_guid");
  const running = api.db
    .selectFrom("processes")
    .innerJoin("revisions", "revisions.guid", "processes.revision_guid")
    .where("processes.app_guid", "=", appGuid)
    .where("revisions.droplet_guid", "is not", null)
    .select("revisions.droplet_guid");
  const old = await api.db
    .selectFrom("droplets")
    .where("app_guid", "=", appGuid)
    .where("state", "in", ["STAGED", "FAILED"])
    .where("lifecycle_type", "!=", "docker")
    .where("guid", "not in", kept)
    .where("guid", "not in", running)
    .orderBy("id", "desc")
    .offset(STAGED_KEPT)
    .limit(100)
    .select("guid")
    .execute();
  for (const { guid } of old) {
    const expired = { state: "EXPIRED" as const, sha1: null, sha256: null, updated_at: api.nowMs() };
    await api.db.updateTable("droplets").set(expired).where("guid", "=", guid).execute();
    await api.durable();
    await api.deps.blobstore.delete("droplets", guid);
  }
}
