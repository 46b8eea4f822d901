import type { Action, CachedDependency, CheckDefinition, EgressRule, EnvironmentVariable } from "./action.ts";

/** Version of a record: `epoch` is new at each creation, `index` grows with each change. Diego: modification_tag.proto */
export interface ModificationTag {
  readonly epoch: string;
  readonly index: number;
}

/** Value of a metric tag. Diego: bbs/models/metric_tags.proto */
export type MetricTagValue =
  | { readonly kind: "static"; readonly value: string }
  | { readonly kind: "dynamic"; readonly value: "INDEX" | "INSTANCE_GUID" };

export type MetricTags = Readonly<Record<string, MetricTagValue>>;

/** What shall run. Diego: bbs/models/desired_lrp.proto */
export interface DesiredLrp {
  readonly processGuid: string;
  readonly domain: string;
  /** e.g. `preloaded:cflinuxfs4` or `docker:///image#tag`. */
  readonly rootfs: string;
  readonly instances: number;
  readonly environmentVariables: readonly EnvironmentVariable[];
  readonly setup: Action | null;
  readonly action: Action;
  readonly monitor: Action | null;
  readonly startTimeoutMs: number;
  readonly diskMb: number;
  readonly memoryMb: number;
  /** 1 to 100. */
  readonly cpuWeight: number;
  readonly maxPids: number;
  readonly privileged: boolean;
  readonly ports: readonly number[];
  /** Router key (`cf-router`, `tcp-router`, `internal-router`, `diego-ssh`) → that router's own JSON value. */
  readonly routes: Readonly<Record<string, unknown>>;
  readonly logSource: string;
  readonly logGuid: string;
  readonly metricsGuid: string;
  /** Opaque to Diego; nsync keeps the process's `updated_at` in it. */
  readonly annotation: string;
  readonly egressRules: readonly EgressRule[];
  readonly cachedDependencies: readonly CachedDependency[];
  readonly placementTags: readonly string[];
  readonly volumeDrivers: readonly string[];
  readonly checkDefinition: CheckDefinition | null;
  readonly metricTags: MetricTags;
  readonly sidecars: readonly { readonly action: Action; readonly diskMb: number; readonly memoryMb: number }[];
  /** Bytes per second; -1 without limit. */
  readonly logRateLimitBytesPerSecond: number;
  /** Organizational units of the instance identity certificate, e.g. `app:GUID`. */
  readonly certificateOrganizationalUnits: readonly string[];
  readonly imageUsername: string;
  readonly imagePassword: string;
  /** Properties for the container network: `app_id`, `space_id`, `org_id`, `ports`, `policy_group_id`. */
  readonly networkProperties: Readonly<Record<string, string>>;
  readonly modificationTag: ModificationTag;
}

/** Only what is given changes. Diego: DesiredLRPUpdate */
export interface DesiredLrpUpdate {
  readonly instances?: number;
  readonly routes?: Readonly<Record<string, unknown>>;
  readonly annotation?: string;
  readonly metricTags?: MetricTags;
}

/** What the auction needs to know. Diego: DesiredLRPSchedulingInfo */
export interface DesiredLrpSchedulingInfo {
  readonly processGuid: string;
  readonly domain: string;
  readonly logGuid: string;
  readonly annotation: string;
  readonly instances: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly maxPids: number;
  readonly rootfs: string;
  readonly placementTags: readonly string[];
  readonly volumeDrivers: readonly string[];
  readonly routes: Readonly<Record<string, unknown>>;
  readonly modificationTag: ModificationTag;
}

export interface ActualLrpKey {
  readonly processGuid: string;
  readonly index: number;
  readonly domain: string;
}

export interface ActualLrpInstanceKey {
  readonly instanceGuid: string;
  readonly cellId: string;
}

export interface PortMapping {
  readonly containerPort: number;
  readonly hostPort: number;
  readonly containerTlsProxyPort?: number;
  readonly hostTlsProxyPort?: number;
}

/** Diego: ActualLRPNetInfo */
export interface ActualLrpNetInfo {
  /** Address of the cell. */
  readonly address: string;
  readonly ports: readonly PortMapping[];
  /** Address of the container. */
  readonly instanceAddress: string;
  /** Which of the two routers shall dial. */
  readonly preferredAddress: "UNKNOWN" | "INSTANCE" | "HOST";
}

export type ActualLrpState = "UNCLAIMED" | "CLAIMED" | "RUNNING" | "CRASHED";
export type Presence = "ORDINARY" | "EVACUATING" | "SUSPECT";

/** One instance as Diego sees it. Diego: bbs/models/actual_lrp.proto */
export interface ActualLrp {
  readonly key: ActualLrpKey;
  /** Null while UNCLAIMED and after a crash that waits. */
  readonly instanceKey: ActualLrpInstanceKey | null;
  readonly netInfo: ActualLrpNetInfo | null;
  readonly crashCount: number;
  readonly crashReason: string;
  readonly state: ActualLrpState;
  readonly placementError: string;
  /** When the state was entered, nanoseconds since the epoch. */
  readonly sinceNs: bigint;
  readonly modificationTag: ModificationTag;
  readonly presence: Presence;
  readonly metricTags: Readonly<Record<string, string>>;
  readonly internalRoutes: readonly { readonly hostname: string }[];
  /** Ready to take requests: false until the readiness check has passed. */
  readonly routable: boolean;
  readonly availabilityZone: string;
}

/** Diego: bbs/models/events.go */
export type LrpEvent =
  | { readonly kind: "desired_lrp_created"; readonly desiredLrp: DesiredLrp }
  | { readonly kind: "desired_lrp_changed"; readonly before: DesiredLrp; readonly after: DesiredLrp }
  | { readonly kind: "desired_lrp_removed"; readonly desiredLrp: DesiredLrp }
  | { readonly kind: "actual_lrp_instance_created"; readonly actualLrp: ActualLrp }
  | { readonly kind: "actual_lrp_instance_changed"; readonly before: ActualLrp; readonly after: ActualLrp }
  | { readonly kind: "actual_lrp_instance_removed"; readonly actualLrp: ActualLrp }
  | {
      readonly kind: "actual_lrp_crashed";
      readonly key: ActualLrpKey;
      readonly instanceKey: ActualLrpInstanceKey;
      readonly crashCount: number;
      readonly crashReason: string;
      readonly sinceNs: bigint;
    };
