import { createReadStream } from "node:fs";
import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { SystemBuildpack } from "../../config.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { installBits } from "./bits.ts";
import type { Buildpack } from "./present.ts";
import { insertBuildpack } from "./store.ts";
import { UPLOAD_PREFIX } from "./upload.ts";

/**
 * Installs the buildpacks that the platform brings along: missing ones at their place, older ones in place. What an operator locked,
 * moved, disabled or renamed stays so; a deleted one comes back only with a new version of the platform. CC: install_buildpacks
 */
export async function installSystemBuildpacks(api: CcApi, signal: AbortSignal): Promise<void> {
  const wanted = api.config.systemBuildpacks;
  const first = (await api.db.selectFrom("buildpacks").select("guid").limit(1).executeTakeFirst()) === undefined;
  // All rows at once: a start that is killed in its middle leaves none, or all of them waiting for their bits.
  if (first) await api.transaction((trx) => insertAll(api, trx, wanted));
  for (const one of wanted) {
    const existing = await findBuildpack(api, one);
    if (existing === undefined || existing.locked === 1 || existing.filename === one.filename) continue;
    await install(api, one, existing, signal);
  }
}

async function insertAll(api: CcApi, trx: Kysely<CcDatabase>, wanted: readonly SystemBuildpack[]): Promise<void> {
  for (const { name, stack, position } of wanted) {
    await insertBuildpack(api, trx, { name, stack, lifecycle: "buildpack", enabled: 1, locked: 0 }, position);
  }
}

async function install(api: CcApi, wanted: SystemBuildpack, existing: Buildpack, signal: AbortSignal): Promise<void> {
  const { blobstore } = api.deps;
  const path = await api.deps.buildpackArchive(wanted.name, signal);
  const uploadKey = `${UPLOAD_PREFIX}${api.deps.random.guid()}`;
  const bytesMax = api.config.limits.buildpackBytesMax;
  await blobstore.put("buildpacks", uploadKey, createReadStream(path), { bytesMax, signal });
  await installBits(api, existing.guid, uploadKey, wanted.filename);
  await blobstore.delete("buildpacks", uploadKey);
}

async function findBuildpack(api: CcApi, wanted: SystemBuildpack): Promise<Buildpack | undefined> {
  const rows = api.db.selectFrom("buildpacks").where("name", "=", wanted.name).where("lifecycle", "=", "buildpack");
  const mine = wanted.stack === null ? rows.where("stack", "is", null) : rows.where("stack", "=", wanted.stack);
  return await mine.selectAll().executeTakeFirst();
}
