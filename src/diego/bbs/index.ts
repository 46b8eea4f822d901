export { type Bbs, type BbsDeps, startBbs } from "./bbs.ts";
export type { ActualLrpFilter, BbsClient, BbsEvacuationClient, DesiredLrpFilter } from "./client.ts";
export type { BbsConfig } from "./config.ts";
export { BbsError, type BbsErrorType } from "./errors.ts";
export type { LrpStore, StoreChange, StoredState } from "./store.ts";
