/** Payload of `router.register` and `router.unregister`. route-emitter: routingtable/message_builder; Gorouter: mbus/subscriber.go */
export interface RouteMessage {
  readonly host: string;
  readonly port: number;
  readonly tls_port?: number;
  readonly uris: readonly string[];
  readonly protocol?: "http1" | "http2";
  /** App guid. */
  readonly app?: string;
  readonly route_service_url?: string;
  /** Instance guid. */
  readonly private_instance_id?: string;
  readonly private_instance_index?: string;
  readonly server_cert_domain_san?: string;
  readonly isolation_segment?: string;
  readonly endpoint_updated_at_ns?: number;
  readonly stale_threshold_in_seconds?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly availability_zone?: string;
  readonly options?: { readonly loadbalancing?: string; readonly [key: string]: unknown };
}

/** Payload of `router.start` and answer to `router.greet`. */
export interface RouterGreeting {
  readonly id: string;
  readonly hosts: readonly string[];
  readonly minimumRegisterIntervalInSeconds: number;
  readonly pruneThresholdInSeconds: number;
}

/** Value of a desired LRP's `cf-router` key. route-emitter: cfroutes */
export type CfRoutes = readonly {
  readonly hostnames: readonly string[];
  readonly port: number;
  readonly route_service_url?: string;
  readonly isolation_segment?: string;
  readonly protocol?: "http1" | "http2";
  readonly options?: { readonly loadbalancing?: string };
}[];
