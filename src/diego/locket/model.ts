import type { LocketResource } from "./client.ts";

/** One row of Locket. Diego: locket/db/lock_db.go, table locks */
export interface LockRecord {
  readonly resource: LocketResource;
  readonly ttlSeconds: number;
  /** Grows with each renewal; an expiry applies only to the index that it was set for. */
  readonly modifiedIndex: number;
  /** New whenever the lock is taken anew. */
  readonly modifiedId: string;
}
