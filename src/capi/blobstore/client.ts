import type { Readable } from "node:stream";

/** Buckets of the Cloud Controller. */
export type BlobBucket = "packages" | "droplets" | "buildpacks" | "buildpack-cache" | "resources";

export interface Blob {
  readonly size: number;
  /** Lower case hex. */
  readonly sha1: string;
  readonly sha256: string;
}

/** Content-addressed store; names point at contents. Writes are atomic and durable once resolved. */
export interface BlobstoreClient {
  /**
   * Streams in; nothing is visible until it resolves. Rejects with `BlobTooLargeError` over `bytesMax`. `check` sees the
   * whole content as a local file before it gets its name; when it throws, nothing is kept.
   */
  put(
    bucket: BlobBucket,
    key: string,
    body: Readable,
    options: {
      readonly bytesMax: number;
      readonly signal: AbortSignal;
      readonly check?: (localPath: string) => Promise<void>;
    },
  ): Promise<Blob>;
  /** As `put`, of a local file, which is the caller's to remove and must never be written to again. */
  putFile(
    bucket: BlobBucket,
    key: string,
    path: string,
    options: { readonly bytesMax: number; readonly signal: AbortSignal },
  ): Promise<Blob>;
  /** Null when absent. */
  stat(bucket: BlobBucket, key: string): Promise<Blob | null>;
  /** Throws `BlobNotFoundError`. */
  read(bucket: BlobBucket, key: string): Promise<Readable>;
  /** A local file with the content (hard link or cached copy): never written to by the caller. Throws `BlobNotFoundError`. */
  localPath(bucket: BlobBucket, key: string): Promise<string>;
  copy(bucket: BlobBucket, from: string, to: string): Promise<void>;
  /** Keys that start with `prefix`, sorted. */
  keys(bucket: BlobBucket, prefix: string): Promise<string[]>;
  /** Idempotent. */
  delete(bucket: BlobBucket, key: string): Promise<void>;
}
