export { type BlobstoreDeps, startBlobstore } from "./blobstore.ts";
export type { Blob, BlobBucket, BlobstoreClient } from "./client.ts";
export type { BlobstoreConfig } from "./config.ts";
export { BlobNotFoundError, BlobTooLargeError } from "./errors.ts";
