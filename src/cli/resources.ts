/** Resources of the v3 API, as far as the command line reads them. */
export interface Resource {
  readonly guid: string;
  readonly name: string;
}

export interface ToOne {
  readonly data: { readonly guid: string } | null;
}

export interface Org extends Resource {
  readonly relationships?: { readonly quota?: ToOne };
}

export interface Space extends Resource {
  readonly relationships: { readonly organization: ToOne; readonly quota?: ToOne };
}

export interface App extends Resource {
  readonly state: "STARTED" | "STOPPED";
  readonly lifecycle: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
}

export interface Domain extends Resource {
  readonly internal: boolean;
  readonly supported_protocols: readonly string[];
  readonly relationships: { readonly organization: ToOne };
}

export interface Destination {
  readonly guid: string | null;
  readonly app: { readonly guid: string; readonly process: { readonly type: string } };
  readonly port: number | null;
  readonly protocol: string | null;
}

export interface Route {
  readonly guid: string;
  readonly host: string;
  readonly path: string;
  readonly port: number | null;
  readonly protocol: string;
  readonly url: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly destinations: readonly Destination[];
  readonly relationships: { readonly space: ToOne; readonly domain: ToOne };
}

export interface Process {
  readonly guid: string;
  readonly type: string;
  readonly command: string | null;
  readonly instances: number;
  readonly memory_in_mb: number;
  readonly disk_in_mb: number;
  readonly health_check: {
    readonly type: string;
    readonly data: { readonly endpoint?: string | null; readonly invocation_timeout?: number | null };
  };
  readonly readiness_health_check: {
    readonly type: string;
    readonly data: {
      readonly endpoint?: string | null;
      readonly invocation_timeout?: number | null;
      readonly interval?: number | null;
    };
  };
  readonly relationships: { readonly app: ToOne };
  readonly process_instances?: readonly { readonly index: number; readonly state: string; readonly since: number }[];
}

/** Of GET /v3/processes/{guid}/stats; bytes, seconds. */
export interface InstanceStats {
  readonly type: string;
  readonly index: number;
  readonly state: string;
  readonly uptime?: number;
  readonly mem_quota?: number | null;
  readonly disk_quota?: number | null;
  readonly log_rate_limit?: number | null;
  readonly usage?: {
    readonly cpu?: number;
    readonly cpu_entitlement?: number | null;
    readonly mem?: number;
    readonly disk?: number;
    readonly log_rate?: number;
  };
  readonly details?: string | null;
  readonly isolation_segment?: string | null;
  readonly routable?: boolean | null;
}

export interface Package {
  readonly guid: string;
  readonly type: string;
  readonly state: string;
  readonly data: { readonly error?: string | null };
  readonly created_at: string;
}

export interface Build {
  readonly guid: string;
  readonly state: "STAGING" | "STAGED" | "FAILED";
  readonly error: string | null;
  readonly droplet: { readonly guid: string } | null;
  readonly package: { readonly guid: string };
}

export interface Droplet {
  readonly guid: string;
  readonly state: string;
  readonly error?: string | null;
  readonly stack: string | null;
  readonly image: string | null;
  readonly created_at: string;
  readonly buildpacks:
    | readonly {
        readonly name: string;
        readonly detect_output: string | null;
        readonly buildpack_name: string | null;
        readonly version: string | null;
      }[]
    | null;
  readonly links?: Readonly<Record<string, { readonly href: string }>>;
}

export interface Deployment {
  readonly guid: string;
  readonly strategy: string;
  readonly status: {
    readonly value: string;
    readonly reason: string;
    readonly details?: { readonly last_status_change?: string };
    readonly canary?: { readonly steps?: { readonly current: number; readonly total: number } };
  };
  readonly options?: { readonly max_in_flight?: number };
  readonly new_processes?: readonly { readonly guid: string; readonly type: string }[];
}

export interface Task {
  readonly guid: string;
  readonly sequence_id: number;
  readonly name: string;
  readonly command?: string;
  readonly state: string;
  readonly memory_in_mb: number;
  readonly disk_in_mb: number;
  readonly log_rate_limit_in_bytes_per_second: number;
  readonly created_at: string;
  readonly result: { readonly failure_reason: string | null };
}

export interface User {
  readonly guid: string;
  readonly username: string | null;
  readonly presentation_name: string;
  readonly origin: string | null;
}

export interface Role {
  readonly guid: string;
  readonly type: string;
  readonly relationships: { readonly user: ToOne; readonly organization: ToOne; readonly space: ToOne };
}
