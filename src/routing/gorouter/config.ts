import type { ProxyLimits } from "./worker/limits.ts";

/** One address that the router serves on. */
export interface RouterListener {
  /** An IP address of this machine. */
  readonly host: string;
  /** 0: any free one (tests). */
  readonly port: number;
  readonly tls: boolean;
  /** The address may appear later (the containers' gateway): retried until it does, no error before. */
  readonly whenPresent?: boolean;
}

export interface GorouterConfig {
  /** Folder for the workers' control sockets (0700, a short path: a unix socket's name holds 107 bytes). */
  readonly stateRun: string;
  readonly listen: readonly RouterListener[];
  /** Of the program: workers that another version has started are replaced. */
  readonly version?: string;
  /** Served on all TLS listeners; files in PEM, read again by `reloadCertificates`. */
  readonly certificates?: { readonly certPem: string; readonly keyPem: string };
  /** PEM file with the authorities of endpoints that speak TLS. */
  readonly backendCaPem?: string;
  /** Loopback port with `/health` and `/routes`; absent: none. */
  readonly statusPort?: number;
  /** Basic credentials of `/routes`. Gorouter: status.routes.user. */
  readonly statusCredentials?: { readonly user: string; readonly password: string };
  /** Processes that share the ports. Default 1. */
  readonly workers?: number;
  /** An endpoint that is not renewed for so long is forgotten. Gorouter: droplet_stale_threshold, 120 s. */
  readonly staleAfterMs?: number;
  /** How often that is checked. Gorouter: prune_stale_droplets_interval, 30 s. */
  readonly pruneIntervalMs?: number;
  /** What the emitters are asked for. Gorouter: start_response_delay_interval, 20 s. */
  readonly registerIntervalSeconds?: number;
  readonly stickyCookieNames?: readonly string[];
  readonly secureCookies?: boolean;
  readonly limits?: Partial<ProxyLimits>;
  /** How long running requests may take when a worker is replaced or stopped. Gorouter: drain_timeout, 900 s. */
  readonly drainTimeoutMs?: number;
}

/** What a worker reads from its file: everything decided, nothing left to default. */
export interface WorkerConfig {
  readonly index: number;
  readonly socketPath: string;
  readonly listen: readonly RouterListener[];
  readonly certPem: string | null;
  readonly keyPem: string | null;
  readonly backendCaPem: string | null;
  readonly statusPort: number | null;
  readonly statusCredentials: { readonly user: string; readonly password: string } | null;
  readonly stickyCookieNames: readonly string[];
  readonly secureCookies: boolean;
  readonly limits: ProxyLimits;
}
