/** What a worker allows. Defaults: the Gorouter job's. */
export interface ProxyLimits {
  /** Request line and headers, bytes. max_header_kb 1,024. */
  readonly headBytesMax: number;
  readonly responseHeadBytesMax: number;
  /** From the first byte of a head to its last (the real default is no limit; slow clients would hold sockets for ever). */
  readonly headTimeoutMs: number;
  /** A client's connection without a request. frontend_idle_timeout 900 s. */
  readonly idleTimeoutMs: number;
  /** From handing on a request to the end of its answer; not for changed protocols. request_timeout_in_seconds 900. */
  readonly endpointTimeoutMs: number;
  /** endpoint_dial_timeout 5 s. */
  readonly dialTimeoutMs: number;
  /** Connections kept per endpoint. The job keeps 100; a busier app would then dial for every request beyond. */
  readonly idlePerEndpointMax: number;
  /** Go's transport: 90 s. */
  readonly idleUpstreamMs: number;
  /** backends.max_attempts 3. */
  readonly attemptsMax: number;
  /** Requests in flight per endpoint: backends.max_conns 500. */
  readonly inFlightMax: number;
  /** How long a failed endpoint is passed over: droplet_stale_threshold / 4. */
  readonly failedMs: number;
  readonly clientsMax: number;
}

export const PROXY_LIMITS: ProxyLimits = {
  headBytesMax: 1_048_576,
  responseHeadBytesMax: 262_144,
  headTimeoutMs: 60_000,
  idleTimeoutMs: 900_000,
  endpointTimeoutMs: 900_000,
  dialTimeoutMs: 5_000,
  idlePerEndpointMax: 500,
  idleUpstreamMs: 90_000,
  attemptsMax: 3,
  inFlightMax: 500,
  failedMs: 30_000,
  clientsMax: 20_000,
};
