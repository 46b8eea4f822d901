export { type HeldLock, holdLock, type LockHolderDeps } from "./hold-lock.ts";

export type LocketType = "lock" | "presence";

/** Diego: locket/models/locket.proto */
export interface LocketResource {
  readonly key: string;
  /** Who holds it: unique per process start. */
  readonly owner: string;
  readonly value: string;
  readonly type: LocketType;
}

export interface LocketClient {
  /** Takes or renews. Throws `LockCollisionError` while another owner holds it. Diego: gRPC Lock */
  lock(resource: LocketResource, ttlSeconds: number, signal: AbortSignal): Promise<void>;
  /** Only the owner; anything else is ignored. */
  release(resource: LocketResource, signal: AbortSignal): Promise<void>;
  /** Null when nobody holds it. */
  fetch(key: string, signal: AbortSignal): Promise<LocketResource | null>;
  fetchAll(type: LocketType, signal: AbortSignal): Promise<LocketResource[]>;
}

export class LockCollisionError extends Error {}
