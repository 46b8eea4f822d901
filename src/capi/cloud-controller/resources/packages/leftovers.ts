import type { BlobBucket } from "../../../blobstore/client.ts";
import type { CcApi } from "../../api/api.ts";
import type { AuditEvent } from "../../audit-events.ts";

/**
 * Takes away, each with an audit event, blobs that a killed process left without a row. The names are read now, before any request is
 * served, so nothing that is made later is among them; `wantedKeys` is asked when the sweep runs. Call while registering.
 */
export function sweepLeftovers(api: CcApi, bucket: BlobBucket, wantedKeys: () => Promise<ReadonlySet<string>>): void {
  const keysAtStart = api.deps.blobstore.keys(bucket, "");
  api.background(`leftovers in ${bucket}`, async (signal) => {
    const wanted = await wantedKeys();
    for (const key of await keysAtStart) {
      if (signal.aborted) return;
      if (!wanted.has(key)) await removeOrphan(api, bucket, key);
    }
    await untilAborted(signal);
  });
}

/** Deletes a blob that belongs to no row, and says so. */
export async function removeOrphan(api: CcApi, bucket: BlobBucket, key: string): Promise<void> {
  await api.deps.blobstore.delete(bucket, key);
  await api.transaction((trx) => api.event(trx, orphanEvent(bucket, key)));
}

/** CC: repositories/orphaned_blob_event_repository.rb */
function orphanEvent(bucket: BlobBucket, key: string): AuditEvent {
  const actor = { guid: "system", type: "system", name: "system" } as const;
  const target = { guid: `${bucket}/${key}`, type: "blob", name: "" };
  return { type: "blob.remove_orphan", actor, target, organizationGuid: null, spaceGuid: null };
}

/** A loop that did its work once stays until the end. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
