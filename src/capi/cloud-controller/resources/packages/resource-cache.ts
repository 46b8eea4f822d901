import { createHash } from "node:crypto";
import type { BlobstoreClient } from "../../../blobstore/client.ts";
import { openZip, type ZipLimits } from "./zip-archive.ts";

/** Smaller files are not worth a match. CC: resource_pool.minimum_size, maximum_size */
export const RESOURCE_BYTES_MIN = 65_536;
export const RESOURCE_BYTES_MAX = 536_870_912;

/**
 * Keeps the bigger files of a package, so that the next push need not send them. The package was verified before. May be repeated.
 * CC: packager/shared_bits_packer.rb, populate_resource_cache
 */
export async function cacheResources(
  packagePath: string,
  blobstore: BlobstoreClient,
  limits: ZipLimits,
  signal: AbortSignal,
): Promise<void> {
  await using archive = await openZip(packagePath, limits);
  for (const entry of archive.entries) {
    if (entry.kind !== "file") continue;
    if (entry.uncompressedSize <= RESOURCE_BYTES_MIN || entry.uncompressedSize >= RESOURCE_BYTES_MAX) continue;
    signal.throwIfAborted();
    const sha1 = createHash("sha1");
    for await (const chunk of await archive.read(entry)) sha1.update(chunk as Buffer);
    const key = sha1.digest("hex");
    if ((await blobstore.stat("resources", key)) !== null) continue;
    await blobstore.put("resources", key, await archive.read(entry), { bytesMax: RESOURCE_BYTES_MAX, signal });
  }
}
