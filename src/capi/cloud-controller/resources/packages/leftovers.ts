import type { BlobBucket } from "../../../blobstore/client.ts";
import type { CcApi } from "../../api/api.ts";

/**
 * Blobs that a killed process left without a row. The names are read now, before any request is served, so nothing that is made later is
 * among them; `wantedKeys` is asked when the sweep runs. Call while registering.
 */
export function sweepLeftovers(api: CcApi, bucket: BlobBucket, wantedKeys: () => Promise<ReadonlySet<string>>): void {
  const keysAtStart = api.deps.blobstore.keys(bucket, "");
  api.background(`leftovers in ${bucket}`, async (signal) => {
    const wanted = await wantedKeys();
    for (const key of await keysAtStart) {
      if (signal.aborted) return;
      if (!wanted.has(key)) await api.deps.blobstore.delete(bucket, key);
    }
    await untilAborted(signal);
  });
}

/** A loop that did its work once stays until the end. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
