import type { Kysely, Selectable } from "kysely";
import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import { notFound } from "../../errors.ts";
import type { CcDatabase, PackagesTable } from "../../store/schema.ts";
import { type AppPlace, findAppPlace } from "../apps/place.ts";

export type Package = Selectable<PackagesTable>;

/** CC: packages.max_valid_packages_stored */
const READY_KEPT = 5;

/** 404 unless the caller may read the package's space. */
export async function visiblePackage(
  api: CcApi,
  access: Access,
  guid: string,
): Promise<{ readonly pkg: Package; readonly place: AppPlace }> {
  const pkg = await api.db.selectFrom("packages").where("guid", "=", guid).selectAll().executeTakeFirst();
  const place = pkg === undefined ? null : await findAppPlace(api.db, pkg.app_guid);
  if (pkg === undefined || place === null || !access.canReadSpace(place.space)) throw notFound("Package");
  return { pkg, place };
}

/** Bits of packages that nobody needs any more go: all but the newest and the current droplet's. CC: lib/cloud_controller/bits_expiration.rb */
export async function expirePackages(api: CcApi, appGuid: string): Promise<void> {
  const current = api.db
    .selectFrom("droplets")
    .innerJoin("apps", "apps.droplet_guid", "droplets.guid")
    .where("apps.guid", "=", appGuid)
    .where("droplets.package_guid", "is not", null)
    .select("droplets.package_guid");
  const old = await api.db
    .selectFrom("packages")
    .where("app_guid", "=", appGuid)
    .where("type", "=", "bits")
    .where("state", "in", ["READY", "FAILED"])
    .where("guid", "not in", current)
    .orderBy("id", "desc")
    .offset(READY_KEPT)
    .limit(100)
    .select("guid")
    .execute();
  for (const { guid } of old) {
    await api.db
      .updateTable("packages")
      .set({ state: "EXPIRED", sha1: null, sha256: null, updated_at: api.nowMs() })
      .where("guid", "=", guid)
      .execute();
    await api.durable();
    await api.deps.blobstore.delete("packages", guid);
  }
}

/** Only from `from` on: a package that moved on meanwhile stays as it is. True when it was changed. */
export async function changePackageState(
  db: Kysely<CcDatabase>,
  guid: string,
  from: Package["state"],
  columns: Partial<Package> & { readonly updated_at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("packages")
    .set(columns)
    .where("guid", "=", guid)
    .where("state", "=", from)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
