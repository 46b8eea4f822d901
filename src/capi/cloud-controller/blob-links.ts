import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../kit/clock.ts";
import type { Secrets } from "../../kit/random.ts";
import type { BlobBucket } from "../blobstore/client.ts";
import type { Links } from "./api/links.ts";

/** CC's blobstore signs for an hour. CC: lib/cloud_controller/blobstore/webdav/dav_blob.rb */
const VALID_SECONDS = 3_600;
const KEY_BYTES = 32;

/**
 * Links by which anybody who has one reads one blob for an hour, without a token: what a download is redirected to. Their key is made anew
 * at each start, which ends those given out before.
 */
export class BlobLinks {
  readonly #links: Links;
  readonly #clock: Clock;
  readonly #key: Uint8Array;

  constructor(links: Links, clock: Clock, secrets: Secrets) {
    this.#links = links;
    this.#clock = clock;
    this.#key = secrets.bytes(KEY_BYTES);
  }

  href(bucket: BlobBucket, key: string): string {
    const expires = String(Math.floor(this.#clock.nowMs() / 1000) + VALID_SECONDS);
    const query = new URLSearchParams({ expires, signature: this.#sign(bucket, key, expires).toString("base64url") });
    return this.#links.href(`/blobs/${bucket}/${encodeURIComponent(key)}?${query}`);
  }

  /** Whether these parts are of a link that was made here and still holds. */
  isValid(bucket: string, key: string, expires: string, signature: string): boolean {
    const wanted = this.#sign(bucket, key, expires);
    const given = Buffer.from(signature, "base64url");
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;
    return Number(expires) * 1000 > this.#clock.nowMs();
  }

  /** The parts hold no line ends, so that no two links are signed alike. */
  #sign(bucket: string, key: string, expires: string): Buffer {
    return createHmac("sha256", this.#key).update(`${bucket}\n${key}\n${expires}`).digest();
  }
}
