/**
 * One place that serves routes, as registered on the bus and as main tells the workers. Plain data, never changed. `routeServiceUrl` and
 * `loadBalancing` belong to the route: routes of one place differ in them.
 */
export interface RouteEndpoint {
  /** `host:port`, or the path of a unix socket. Identifies it within a route. */
  readonly address: string;
  /** An IP address or name; a unix socket's path when it starts with `/` (platform components, `port` 0). */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Name that the endpoint's certificate must carry; empty: not checked by name. */
  readonly serverCertDomainSan: string;
  /** App guid; empty for platform components, which get no access log. */
  readonly appId: string;
  readonly instanceId: string;
  readonly instanceIndex: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly routeServiceUrl: string;
  readonly isolationSegment: string;
  readonly availabilityZone: string;
  readonly loadBalancing: "" | "round-robin" | "least-connection";
  /** Not renewed for so long: gone. */
  readonly staleAfterMs: number;
  /** When the sender knew it (nanoseconds since the epoch, 0: not said); an older word never replaces a newer one. */
  readonly updatedAtNs: number;
}

/** One endpoint with some of the routes that it serves (`host` or `host/path`, lower case, no trailing slash). */
export interface RouteGroup {
  readonly endpoint: RouteEndpoint;
  readonly uris: readonly string[];
}

export type RouteChange =
  | { readonly kind: "put"; readonly endpoint: RouteEndpoint; readonly uris: readonly string[] }
  | { readonly kind: "remove"; readonly address: string; readonly uris: readonly string[] };
