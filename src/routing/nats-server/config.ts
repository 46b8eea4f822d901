/** How clients prove themselves; without it every connection is welcome (loopback only, then). */
export type NatsAuth = { readonly token: string } | { readonly user: string; readonly password: string };

export interface NatsServerConfig {
  /** Where clients of other processes connect. Absent: only the bus in this process. Port 0: any free one. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly auth?: NatsAuth;
  /** Bytes of one message, header included. NATS: max_payload, 1 MiB. */
  readonly payloadMax?: number;
  /** Bytes that may wait for one client before it is cut off. NATS: max_pending, 64 MiB. */
  readonly pendingMax?: number;
  readonly connectionsMax?: number;
  /** Between the server's PINGs. NATS: ping_interval, 2 min. */
  readonly pingIntervalMs?: number;
  /** How long a new connection may take to present itself. NATS: authorization timeout, 2 s. */
  readonly connectTimeoutMs?: number;
}

/** What every part works with: all defaults filled in. */
export interface NatsLimits {
  readonly payloadMax: number;
  readonly pendingMax: number;
  readonly connectionsMax: number;
  readonly pingIntervalMs: number;
  readonly connectTimeoutMs: number;
}

export function natsLimits(config: NatsServerConfig): NatsLimits {
  return {
    payloadMax: config.payloadMax ?? 1_048_576,
    pendingMax: config.pendingMax ?? 67_108_864,
    connectionsMax: config.connectionsMax ?? 1_000,
    pingIntervalMs: config.pingIntervalMs ?? 120_000,
    connectTimeoutMs: config.connectTimeoutMs ?? 2_000,
  };
}
