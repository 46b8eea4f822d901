import { Readable } from "node:stream";
import type { BlobstoreClient } from "../../../blobstore/client.ts";
import { CcError } from "../../errors.ts";
import type { MatchedResource } from "./matched-resources.ts";
import { openZip, packageTooLarge, type ZipArchive, type ZipLimits } from "./zip-archive.ts";

/**
 * The uploaded archive (null: none was needed) together with matched resources, as one new archive, streamed. A matched file
 * replaces an uploaded one of the same name. Throws ResourceChecksumMismatch when a resource is no longer there.
 */
export async function mergePackage(
  uploadedPath: string | null,
  resources: readonly MatchedResource[],
  blobstore: BlobstoreClient,
  limits: ZipLimits,
): Promise<{ readonly stream: Readable } & AsyncDisposable> {
  const { ZipFile } = await import("yazl");
  const archive = uploadedPath === null ? null : await openZip(uploadedPath, limits);
  try {
    const merged = new ZipFile();
    const stream = Readable.from(merged.outputStream, { objectMode: false });
    const fail = (error: unknown): void => void stream.destroy(error as Error);
    merged.on("error", fail);
    const names = new Set(resources.map(({ path }) => path));
    let total = 0;
    for (const resource of resources) {
      const known = await blobstore.stat("resources", resource.sha1);
      if (known === null) throw new CcError("ResourceChecksumMismatch");
      total += known.size;
      const path = await blobstore.localPath("resources", resource.sha1);
      merged.addFile(path, resource.path, { mode: 0o100000 | resource.mode, forceZip64Format: false });
    }
    if (archive !== null) {
      for (const entry of archive.entries) {
        if (names.has(entry.name)) continue;
        total += entry.uncompressedSize;
        addUploaded(merged, archive, entry, fail);
      }
    }
    if (total > limits.bytesMax) throw packageTooLarge(limits.bytesMax);
    merged.end();
    return { stream, [Symbol.asyncDispose]: async () => await archive?.[Symbol.asyncDispose]() };
  } catch (error) {
    await archive?.[Symbol.asyncDispose]();
    throw error;
  }
}

function addUploaded(
  merged: import("yazl").ZipFile,
  archive: ZipArchive,
  entry: ZipArchive["entries"][number],
  fail: (error: unknown) => void,
): void {
  const mode = entry.mode === 0 ? (entry.kind === "folder" ? 0o040755 : 0o100644) : entry.mode;
  if (entry.kind === "folder") {
    merged.addEmptyDirectory(entry.name, { mode, mtime: entry.modified });
    return;
  }
  merged.addReadStreamLazy(entry.name, { mode, mtime: entry.modified, size: entry.uncompressedSize }, (done) => {
    archive.read(entry).then(
      (content) => done(null, content),
      (error) => {
        fail(error);
        done(error, Readable.from([]));
      },
    );
  });
}
