import type { CcApi } from "../../api/api.ts";
import { sweepLeftovers, untilAborted } from "./leftovers.ts";
import { cacheResources } from "./resource-cache.ts";

/** Work in the background: the resource cache, and at start what a killed process left half done. */
export function registerPackageWork(api: CcApi): void {
  api.job("package.cache_resources", async (job, signal) => {
    const { blobstore } = api.deps;
    if ((await blobstore.stat("packages", job.resourceGuid)) === null) return; // deleted meanwhile
    const path = await blobstore.localPath("packages", job.resourceGuid);
    await cacheResources(path, blobstore, { bytesMax: api.config.limits.packageBytesMax }, signal);
  });
  sweepLeftovers(api, "packages", async () => {
    const rows = await api.db.selectFrom("packages").select("guid").execute();
    return new Set(rows.map(({ guid }) => guid));
  });
  const startedMs = api.nowMs();
  api.background("interrupted uploads", async (signal) => {
    // The client's connection died with the former process: it may try again.
    await api.db
      .updateTable("packages")
      .set({ state: "AWAITING_UPLOAD", updated_at: api.nowMs() })
      .where("state", "=", "PROCESSING_UPLOAD")
      .where("updated_at", "<", startedMs)
      .execute();
    await untilAborted(signal);
  });
}
