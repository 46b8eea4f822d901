import type { BlobBucket } from "./client.ts";

/** No content has this name. */
export class BlobNotFoundError extends Error {
  constructor(bucket: BlobBucket, key: string) {
    super(`no blob ${bucket}/${key}`);
  }
}

/** The stream went on after the allowed size; nothing of it is kept. */
export class BlobTooLargeError extends Error {
  readonly bytesMax: number;
  constructor(bytesMax: number) {
    super(`blob over ${bytesMax} bytes`);
    this.bytesMax = bytesMax;
  }
}
