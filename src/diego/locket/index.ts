export type { HeldLock, LocketClient, LocketResource, LocketType } from "./client.ts";
export type { LocketConfig } from "./config.ts";
export { type LocketDeps, startLocket } from "./locket.ts";
export type { LockRecord } from "./model.ts";
export type { LockStore } from "./store.ts";
