export interface DnsListener {
  /** Where to listen; port 0 takes a free one. */
  readonly address: string;
  readonly port: number;
  /** What names of the platform resolve to for those who ask here: the gateway for containers, loopback for the host. */
  readonly platformAddress: string;
}

export interface DnsConfig {
  readonly listeners: readonly DnsListener[];
  /** Domains of the platform, each with everything below it: `cf.localhost` covers `api.cf.localhost`. */
  readonly domains: readonly string[];
  /** Domains of service discovery, answered by `deps.internalAddresses` alone. BOSH DNS: apps.internal */
  readonly internalDomains: readonly string[];
  /** Seconds that an answer of the platform may be kept. */
  readonly ttlSeconds: number;
  /** Questions that may wait for the host's resolvers at once; the next one is answered SERVFAIL. */
  readonly inFlightMax: number;
  /** Time for one of the host's resolvers; the next one is asked then. */
  readonly upstreamTimeoutMs: number;
  /** Of a client's TCP connection without a question. */
  readonly tcpIdleMs: number;
  readonly tcpConnectionsMax: number;
}

export const DNS_DEFAULTS = {
  internalDomains: ["apps.internal"],
  ttlSeconds: 5,
  inFlightMax: 512,
  upstreamTimeoutMs: 2_000,
  tcpIdleMs: 10_000,
  tcpConnectionsMax: 64,
} as const satisfies Partial<DnsConfig>;
