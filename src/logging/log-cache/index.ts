export type { EnvelopeType, LogCacheClient, LogCacheReadOptions } from "./client.ts";
export type { LogCacheConfig } from "./config.ts";
export { LogCacheError } from "./errors.ts";
export { type LogCache, type LogCacheDeps, startLogCache } from "./log-cache.ts";
