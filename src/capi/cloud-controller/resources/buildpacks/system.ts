import { createReadStream } from "node:fs";
import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { UPLOAD_PREFIX } from "../../blob-references.ts";
import type { SystemBuildpack } from "../../config.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { installBits } from "./bits.ts";
import type { Buildpack } from "./present.ts";
import { insertBuildpack } from "./store.ts";

/**
 * Installs the buildpacks that the platform brings along: missing ones at their place, older ones in place. What an operator locked,
 * moved or disabled stays so; one that he deleted or renamed comes back with the next start, as in Cloud Foundry. CC: install_buildpacks.rb
 */
export async function installSystemBuildpacks(api: CcApi, signal: AbortSignal): Promise<void> {
  const wanted = api.config.systemBuildpacks;
  // All rows at once: a start that is killed in its middle leaves none, or all of them waiting for their bits.
  const rows = await api.transaction((trx) => withMissing(api, trx, wanted));
  for (const [at, row] of rows.entries()) {
    const one = wanted[at]!;
    if (row.locked === 0 && row.filename !== one.filename) await install(api, one, row, signal);
  }
}

/**
 * The rows of the wanted ones, those made that are missing: each comes after the one that is before it in the platform's order, wherever an
 * operator has moved that.
 */
async function withMissing(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  wanted: readonly SystemBuildpack[],
): Promise<Buildpack[]> {
  const rows: Buildpack[] = [];
  for (const one of wanted) {
    const fresh = { name: one.name, stack: one.stack, lifecycle: "buildpack", enabled: 1, locked: 0 } as const;
    const position = (rows.at(-1)?.position ?? 0) + 1;
    rows.push((await findBuildpack(trx, one)) ?? (await insertBuildpack(api, trx, fresh, position)));
  }
  return rows;
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

async function findBuildpack(db: Kysely<CcDatabase>, wanted: SystemBuildpack): Promise<Buildpack | undefined> {
  const rows = db.selectFrom("buildpacks").where("name", "=", wanted.name).where("lifecycle", "=", "buildpack");
  const mine = wanted.stack === null ? rows.where("stack", "is", null) : rows.where("stack", "=", wanted.stack);
  return await mine.selectAll().executeTakeFirst();
}
