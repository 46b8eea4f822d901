import type {
  Action,
  CachedDependency,
  CheckDefinition,
  EgressRule,
  EnvironmentVariable,
} from "../../protocol/action.ts";
import type { ResourceNeed } from "../../protocol/cell.ts";
import type { ActualLrpKey, PortMapping } from "../../protocol/lrp.ts";

/** Diego: executor/resources.go, State */
export type ContainerState = "reserved" | "initializing" | "created" | "running" | "completed";

/** Whose work a container does. */
export type ContainerOwner =
  | { readonly kind: "lrp"; readonly key: ActualLrpKey; readonly instanceGuid: string }
  | { readonly kind: "task"; readonly taskGuid: string; readonly domain: string };

/** Where log lines and metrics of a container go. Diego: executor.LogConfig, MetricsConfig */
export interface LogConfig {
  /** Source id when the tags name none; empty: the container logs nothing. */
  readonly guid: string;
  readonly index: number;
  /** Source type; `LOG` when empty. */
  readonly sourceName: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Everything needed to create a container and to run in it. Diego: executor.RunInfo */
export interface RunInfo {
  readonly rootfs: string;
  /** 1 to 100. */
  readonly cpuWeight: number;
  readonly ports: readonly number[];
  readonly internalRoutes: readonly { readonly hostname: string }[];
  readonly logConfig: LogConfig;
  readonly metricsConfig: Omit<LogConfig, "sourceName">;
  /** 0: without limit. */
  readonly startTimeoutMs: number;
  readonly privileged: boolean;
  readonly cachedDependencies: readonly CachedDependency[];
  readonly setup: Action | null;
  readonly action: Action;
  readonly monitor: Action | null;
  readonly checkDefinition: CheckDefinition | null;
  readonly egressRules: readonly EgressRule[];
  readonly env: readonly EnvironmentVariable[];
  readonly networkProperties: Readonly<Record<string, string>>;
  readonly certificateOrganizationalUnits: readonly string[];
  readonly sidecars: readonly { readonly action: Action }[];
  /** -1 without limit. */
  readonly logRateLimitBytesPerSecond: number;
  /** File that a task leaves its result in; empty for none. */
  readonly resultFile: string;
}

/** How it ended. Diego: executor.ContainerRunResult */
export interface RunResult {
  readonly failed: boolean;
  readonly failureReason: string;
  /** The work itself was never begun: another attempt may succeed. */
  readonly retryable: boolean;
  /** Somebody asked for the end. */
  readonly stopped: boolean;
}

/** A droplet that is mounted instead of unpacked in the container. */
export interface ContainerLayer {
  /** SHA-256 of the droplet, its name. */
  readonly digest: string;
  /** Disk space that it takes. */
  readonly bytes: number;
  /** What came over the network for this container; 0 when the cell had it already. */
  readonly downloadedBytes: number;
}

/** One container and its work. Diego: executor.Container */
export interface Container {
  /** Instance guid or task guid; also the handle in Garden. */
  readonly guid: string;
  readonly owner: ContainerOwner;
  readonly need: ResourceNeed;
  readonly state: ContainerState;
  /** Null while reserved. */
  readonly run: RunInfo | null;
  readonly routable: boolean;
  readonly allocatedAtMs: number;
  /** Empty until created. */
  readonly externalIp: string;
  readonly internalIp: string;
  readonly ports: readonly PortMapping[];
  readonly memoryLimitBytes: number;
  readonly diskLimitBytes: number;
  /** Null until created, and when it has none. */
  readonly layer: ContainerLayer | null;
  readonly result: RunResult;
}

/** What a reservation asks for. Diego: executor.AllocationRequest */
export interface AllocationRequest {
  readonly guid: string;
  readonly owner: ContainerOwner;
  readonly need: ResourceNeed;
}
