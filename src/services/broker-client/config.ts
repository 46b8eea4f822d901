export interface BrokerClientConfig {
  /** Limit of one exchange. CC: broker_client_timeout_seconds */
  readonly timeoutMs: number;
  /** Bytes of an answer; catalogs are the longest. */
  readonly bodyBytesMax: number;
  /** Where the platform's API is described, for the header `X-Api-Info-Location`: `api.cf.localhost/v2/info`. */
  readonly apiInfoLocation: string;
}

export const DEFAULT_BROKER_LIMITS = { timeoutMs: 60_000, bodyBytesMax: 4 * 1024 ** 2 } as const;
