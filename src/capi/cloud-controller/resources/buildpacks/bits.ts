import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import { buildpackKey } from "../builds/source.ts";
import { stackOfArchive } from "./archive.ts";
import type { Buildpack } from "./present.ts";
import { requireUnique } from "./store.ts";

/**
 * Gives a buildpack its bits, which wait in the blobstore as `uploadKey`. Cells that stage now may still fetch the old bits: their name
 * goes only after the staging timeout, by the next start's sweep. False when the buildpack is locked or gone. CC: lib/cloud_controller/upload_buildpack.rb
 */
export async function installBits(
  api: CcApi,
  guid: string,
  uploadKey: string,
  filename: string,
): Promise<Buildpack | null> {
  const { blobstore } = api.deps;
  const blob = await blobstore.stat("buildpacks", uploadKey);
  const buildpack = await api.db.selectFrom("buildpacks").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (blob === null || buildpack === undefined || buildpack.locked === 1) return null;
  const stack = await newStack(api, buildpack, await blobstore.localPath("buildpacks", uploadKey));
  await blobstore.copy("buildpacks", uploadKey, buildpackKey(guid, blob.sha256));
  return await api.transaction(async (trx) => {
    await requireUnique(trx, { ...buildpack, stack });
    return await trx
      .updateTable("buildpacks")
      .set({ state: "READY", filename, sha256: blob.sha256, stack, updated_at: api.nowMs() })
      .where("guid", "=", guid)
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

async function newStack(api: CcApi, buildpack: Buildpack, path: string): Promise<string | null> {
  if (buildpack.lifecycle === "cnb") return buildpack.stack;
  const named = await stackOfArchive(path, api.config.limits.buildpackBytesMax);
  if (named === null || named === buildpack.stack) return buildpack.stack;
  if (buildpack.stack !== null) throw new CcError("BuildpackStacksDontMatch", [named, buildpack.stack]);
  const known = await api.db.selectFrom("stacks").where("name", "=", named).select("guid").executeTakeFirst();
  if (known === undefined) throw new CcError("BuildpackStackDoesNotExist", [named]);
  return named;
}
