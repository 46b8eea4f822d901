import { createReadStream } from "node:fs";
import type { CcApi } from "../../api/api.ts";
import type { SystemBuildpack } from "../../config.ts";
import { installBits } from "./bits.ts";
import type { Buildpack } from "./present.ts";
import { insertBuildpack } from "./store.ts";
import { UPLOAD_PREFIX } from "./upload.ts";

/**
 * Installs the buildpacks that the platform brings along: missing ones at their place, older ones in place. What an operator locked,
 * moved, disabled or renamed stays so; a deleted one comes back only with a new version of the platform. CC: install_buildpacks
 */
export async function installSystemBuildpacks(api: CcApi, signal: AbortSignal): Promise<void> {
  const first = (await api.db.selectFrom("buildpacks").select("guid").limit(1).executeTakeFirst()) === undefined;
  for (const wanted of api.config.systemBuildpacks) {
    const existing = await findBuildpack(api, wanted);
    if (existing === undefined && !first) continue;
    if (existing !== undefined && (existing.locked === 1 || existing.filename === wanted.filename)) continue;
    await install(api, wanted, existing, signal);
  }
}

async function install(
  api: CcApi,
  wanted: SystemBuildpack,
  existing: Buildpack | undefined,
  signal: AbortSignal,
): Promise<void> {
  const path = await api.deps.buildpackArchive(wanted.name, signal);
  const uploadKey = `${UPLOAD_PREFIX}${api.deps.random.guid()}`;
  const bytesMax = api.config.limits.buildpackBytesMax;
  await api.deps.blobstore.put("buildpacks", uploadKey, createReadStream(path), { bytesMax, signal });
  const buildpack =
    existing ??
    (await api.transaction((trx) =>
      insertBuildpack(
        api,
        trx,
        { name: wanted.name, stack: wanted.stack, lifecycle: "buildpack", enabled: 1, locked: 0 },
        wanted.position,
      ),
    ));
  await installBits(api, buildpack.guid, uploadKey, wanted.filename);
  await api.deps.blobstore.delete("buildpacks", uploadKey);
}

async function findBuildpack(api: CcApi, wanted: SystemBuildpack): Promise<Buildpack | undefined> {
  const rows = api.db.selectFrom("buildpacks").where("name", "=", wanted.name).where("lifecycle", "=", "buildpack");
  const mine = wanted.stack === null ? rows.where("stack", "is", null) : rows.where("stack", "=", wanted.stack);
  return await mine.selectAll().executeTakeFirst();
}
