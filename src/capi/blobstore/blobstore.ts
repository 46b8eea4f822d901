import { createHash } from "node:crypto";
import { renameSync } from "node:fs";
import { copyFile, type FileHandle, link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { Blob, BlobBucket, BlobstoreClient } from "./client.ts";
import type { BlobstoreConfig } from "./config.ts";
import { BlobNotFoundError, BlobTooLargeError } from "./errors.ts";
import { BlobNames } from "./store.ts";

/** Hashing this much takes a millisecond, then others have their turn. */
const READ_BYTES = 524_288;

export interface BlobstoreDeps {
  readonly random: Random;
  readonly log: Log;
}

/**
 * Contents lie under their sha256 and are never changed; names are rows. The order of a write makes it safe against
 * kill -9: temporary file, fsync, rename, fsync of the folder, name, fsync of the name. Whatever a crash leaves has no name
 * and is swept at the next start.
 */
export class LocalBlobstore implements BlobstoreClient, Disposable {
  readonly #contents: string;
  readonly #tmp: string;
  readonly #names: BlobNames;
  readonly #deps: BlobstoreDeps;
  /** Contents on their way to a name: the collector keeps off them. */
  readonly #pinned = new Map<string, number>();

  constructor(root: string, names: BlobNames, deps: BlobstoreDeps) {
    this.#contents = join(root, "contents");
    this.#tmp = join(root, "tmp");
    this.#names = names;
    this.#deps = deps;
  }

  async put(
    bucket: BlobBucket,
    key: string,
    body: Readable,
    options: {
      readonly bytesMax: number;
      readonly signal: AbortSignal;
      readonly check?: (localPath: string) => Promise<void>;
    },
  ): Promise<Blob> {
    const temporary = join(this.#tmp, this.#deps.random.guid());
    try {
      const blob = await writeWhole(temporary, body, options.bytesMax, options.signal);
      await options.check?.(temporary);
      options.signal.throwIfAborted();
      await this.#keep(temporary, bucket, key, blob);
      return blob;
    } catch (error) {
      body.destroy();
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async putFile(
    bucket: BlobBucket,
    key: string,
    path: string,
    options: { readonly bytesMax: number; readonly signal: AbortSignal },
  ): Promise<Blob> {
    const temporary = join(this.#tmp, this.#deps.random.guid());
    try {
      // Another name of the same file where that is possible: nothing is copied.
      await link(path, temporary).catch(() => copyFile(path, temporary));
      const blob = await readWhole(temporary, options.bytesMax, options.signal);
      await this.#keep(temporary, bucket, key, blob);
      return blob;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #keep(temporary: string, bucket: BlobBucket, key: string, blob: Blob): Promise<void> {
    this.#pin(blob.sha256);
    try {
      const folder = join(this.#contents, blob.sha256.slice(0, 2));
      await mkdir(folder, { recursive: true });
      await rename(temporary, join(folder, blob.sha256));
      await syncFolder(folder);
      const orphan = this.#names.set(bucket, key, blob);
      await this.#names.durable();
      if (orphan !== null) await this.#collect(orphan);
    } finally {
      this.#unpin(blob.sha256);
    }
  }

  async stat(bucket: BlobBucket, key: string): Promise<Blob | null> {
    return this.#names.find(bucket, key);
  }

  async read(bucket: BlobBucket, key: string): Promise<Readable> {
    // Opened before it is handed out: a deletion meanwhile no longer matters.
    const handle = await open(await this.localPath(bucket, key), "r").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") throw new BlobNotFoundError(bucket, key);
      throw error;
    });
    return handle.createReadStream();
  }

  async localPath(bucket: BlobBucket, key: string): Promise<string> {
    const blob = this.#names.find(bucket, key);
    if (blob === null) throw new BlobNotFoundError(bucket, key);
    return this.#pathOf(blob.sha256);
  }

  async copy(bucket: BlobBucket, from: string, to: string): Promise<void> {
    const blob = this.#names.find(bucket, from);
    if (blob === null) throw new BlobNotFoundError(bucket, from);
    const orphan = this.#names.set(bucket, to, blob);
    await this.#names.durable();
    if (orphan !== null) await this.#collect(orphan);
  }

  async keys(bucket: BlobBucket, prefix: string): Promise<string[]> {
    return this.#names.keys(bucket, prefix);
  }

  async delete(bucket: BlobBucket, key: string): Promise<void> {
    const orphan = this.#names.remove(bucket, key);
    await this.#names.durable();
    if (orphan !== null) await this.#collect(orphan);
  }

  /** At start: empties `tmp` and removes contents without a name. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#tmp)) await rm(join(this.#tmp, name), { force: true, recursive: true });
    let removed = 0;
    for (const folder of await readdir(this.#contents)) {
      for (const sha256 of await readdir(join(this.#contents, folder))) {
        if (this.#names.isReferenced(sha256)) continue;
        await rm(join(this.#contents, folder, sha256), { force: true });
        removed++;
      }
    }
    if (removed > 0) this.#deps.log.info("removed contents without a name", { count: removed });
  }

  /** Check and removal from sight happen in one turn of the loop, so no write can come between. */
  async #collect(sha256: string): Promise<void> {
    if (this.#pinned.has(sha256) || this.#names.isReferenced(sha256)) return;
    const trash = join(this.#tmp, this.#deps.random.guid());
    try {
      renameSync(this.#pathOf(sha256), trash);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    await rm(trash, { force: true });
  }

  #pathOf(sha256: string): string {
    return join(this.#contents, sha256.slice(0, 2), sha256);
  }

  #pin(sha256: string): void {
    this.#pinned.set(sha256, (this.#pinned.get(sha256) ?? 0) + 1);
  }

  #unpin(sha256: string): void {
    const count = (this.#pinned.get(sha256) ?? 1) - 1;
    if (count === 0) this.#pinned.delete(sha256);
    else this.#pinned.set(sha256, count);
  }

  [Symbol.dispose](): void {
    this.#names[Symbol.dispose]();
  }
}

/** Opens the folder, sweeps what earlier crashes left, and serves. */
export async function startBlobstore(
  config: BlobstoreConfig,
  deps: BlobstoreDeps,
): Promise<AsyncDisposable & { readonly client: BlobstoreClient }> {
  await mkdir(join(config.root, "contents"), { recursive: true, mode: 0o700 });
  await mkdir(join(config.root, "tmp"), { recursive: true, mode: 0o700 });
  const blobstore = new LocalBlobstore(config.root, new BlobNames(join(config.root, "names.sqlite")), deps);
  await blobstore.sweep();
  return {
    client: blobstore,
    [Symbol.asyncDispose]: async () => blobstore[Symbol.dispose](),
  };
}

async function writeWhole(path: string, body: Readable, bytesMax: number, signal: AbortSignal): Promise<Blob> {
  const sha1 = createHash("sha1");
  const sha256 = createHash("sha256");
  let size = 0;
  const onAbort = (): void => void body.destroy(signal.reason as Error);
  signal.throwIfAborted();
  // It may fail while the file is being opened, before anybody reads; the reader below gets the error all the same.
  body.on("error", () => undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > bytesMax) throw new BlobTooLargeError(bytesMax);
      sha1.update(chunk);
      sha256.update(chunk);
      await writeChunk(file, chunk);
    }
    signal.throwIfAborted();
    await file.sync();
  } finally {
    signal.removeEventListener("abort", onAbort);
    await file.close();
  }
  return { size, sha1: sha1.digest("hex"), sha256: sha256.digest("hex") };
}

/** Size and checksums of a file; it is safe on the disk then. */
async function readWhole(path: string, bytesMax: number, signal: AbortSignal): Promise<Blob> {
  const sha1 = createHash("sha1");
  const sha256 = createHash("sha256");
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  let size = 0;
  const file = await open(path, "r+");
  try {
    const synced = file.sync();
    synced.catch(() => undefined); // awaited below, if nothing else fails before
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, size);
      if (bytesRead === 0) break;
      size += bytesRead;
      if (size > bytesMax) throw new BlobTooLargeError(bytesMax);
      signal.throwIfAborted();
      sha1.update(chunk.subarray(0, bytesRead));
      sha256.update(chunk.subarray(0, bytesRead));
    }
    await synced;
  } finally {
    await file.close();
  }
  return { size, sha1: sha1.digest("hex"), sha256: sha256.digest("hex") };
}

async function writeChunk(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) written += (await file.write(chunk, written)).bytesWritten;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
