export interface LogCacheConfig {
  /** Where the HTTP API listens: a unix socket, or an address (port 0: any free one). Absent: only in this process. */
  readonly listen?: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** Envelopes kept per source. Log-cache: max_per_source, 100,000 on a machine of its own; here 10,000. */
  readonly perSourceMax?: number;
  /** Estimated bytes kept per source, so that one loud app cannot push out the others'. Default 8 MiB. */
  readonly perSourceBytesMax?: number;
  /** Estimated bytes kept altogether. Log-cache: memory_limit_bytes; default 64 MiB. */
  readonly bytesMax?: number;
  /** Where log lines are kept over restarts; absent: nowhere. */
  readonly folder?: string;
  /** Bytes on disk in `folder`. Default 16 MiB. */
  readonly diskBytesMax?: number;
  /** What `/api/v1/info` says. The cf CLI needs 1.4.7 or newer for the `/api` paths. */
  readonly version?: string;
}
