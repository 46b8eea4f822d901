import type { ProcessToRun, StagingRequest, TaskToRun } from "./model.ts";

export type InstanceState = "RUNNING" | "STARTING" | "CRASHED" | "DOWN" | "STOPPING";

export interface InstanceUsage {
  readonly timeMs: number;
  /** Share of one core: 1 = a whole core. */
  readonly cpu: number;
  /** Share of what the memory limit entitles to; null when not measured. */
  readonly cpuEntitlement: number | null;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly logRateBytesPerSecond: number;
}

export interface InstanceReport {
  readonly index: number;
  readonly state: InstanceState;
  readonly uptimeSeconds: number;
  /** All that follows is null for an instance of which Diego knows nothing. */
  readonly placed: {
    readonly instanceGuid: string;
    readonly routable: boolean;
    readonly host: string;
    readonly internalIp: string;
    readonly ports: readonly {
      readonly external: number;
      readonly internal: number;
      readonly externalTlsProxyPort: number | null;
      readonly internalTlsProxyPort: number | null;
    }[];
    /** Placement error; empty for none. */
    readonly details: string;
    readonly usage: InstanceUsage | null;
    readonly memoryQuotaBytes: number | null;
    readonly diskQuotaBytes: number | null;
    readonly logRateLimitBytesPerSecond: number | null;
    readonly isolationSegment: string | null;
  } | null;
}

/** Of which process instances are asked. */
export interface ProcessQuery {
  readonly guid: string;
  readonly version: string;
  readonly appGuid: string;
  readonly instances: number;
  readonly started: boolean;
}

/**
 * What the Cloud Controller asks of Diego. Everything is idempotent and repeats what the Cloud Controller's database says,
 * so a call that failed or was lost is made good by the next sync. All throw `BridgeError`.
 */
export interface BridgeClient {
  /** Brings Diego in line with what the source says of this process now; LRPs of `staleVersions` are removed. */
  processChanged(processGuid: string, staleVersions: readonly string[], signal: AbortSignal): Promise<void>;
  /** Ends one instance; a new one takes its place while the process is started. */
  stopInstance(processGuid: string, version: string, index: number, signal: AbortSignal): Promise<void>;
  /** Resolves when Diego has the staging task (or already had it). */
  stage(request: StagingRequest, signal: AbortSignal): Promise<void>;
  /** Unknown builds are fine. */
  stopStaging(buildGuid: string, signal: AbortSignal): Promise<void>;
  /** Resolves when Diego has the task (or already had it). */
  desireTask(task: TaskToRun, signal: AbortSignal): Promise<void>;
  /** Unknown tasks are fine. */
  cancelTask(taskGuid: string, signal: AbortSignal): Promise<void>;
  /** One report per index from 0 on, those of missing instances included. */
  instances(process: ProcessQuery, signal: AbortSignal): Promise<InstanceReport[]>;
  /** How the instances of a process are doing, without usage: cheap. For deployments. */
  instanceCounts(process: ProcessQuery, signal: AbortSignal): Promise<InstanceCounts>;
}

/** CC: diego/reporters/instances_reporter.rb, instance_count_summary */
export interface InstanceCounts {
  /** On their way, or running and not yet ready for requests. */
  readonly starting: number;
  readonly routable: number;
  /** Crashed, not placed or missing. */
  readonly unhealthy: number;
}

/** Which instance something is said of. */
export interface InstanceOnCell {
  readonly instanceGuid: string;
  readonly index: number;
  readonly cellId: string;
}

export interface CrashReport extends InstanceOnCell {
  readonly exitDescription: string;
  readonly crashCount: number;
  readonly crashTimestampNs: bigint;
}

/** What the bridge asks of the Cloud Controller. */
export interface CloudControllerSource {
  /** Every process that shall run (started, with droplet). Rejects rather than leave one out. */
  processesToRun(
    signal: AbortSignal,
  ): Promise<readonly { readonly guid: string; readonly version: string; readonly annotation: string }[]>;
  /** Null when it shall not run. */
  processToRun(guid: string, signal: AbortSignal): Promise<ProcessToRun | null>;
  /** Tasks that have not ended. */
  unfinishedTasks(signal: AbortSignal): Promise<readonly UnfinishedTask[]>;
  taskToRun(guid: string, signal: AbortSignal): Promise<TaskToRun | null>;
  /** PENDING → RUNNING, unless it ended meanwhile. */
  taskSent(guid: string): Promise<void>;
  /** Only when it has not ended meanwhile. */
  failTask(guid: string, reason: string): Promise<void>;
  unfinishedBuilds(signal: AbortSignal): Promise<readonly { readonly guid: string; readonly createdAtMs: number }[]>;
  /** Null when the build is no longer staging. */
  buildToStage(guid: string, signal: AbortSignal): Promise<StagingRequest | null>;
  /** Only when it is still staging. `errorId` is a name of the error table, e.g. `StagingTimeExpired`. */
  failBuild(guid: string, errorId: string, message: string): Promise<void>;
  /** Unknown processes are ignored. */
  processCrashed(processGuid: string, version: string, crash: CrashReport): Promise<void>;
  /** An instance became ready or stopped being ready for requests. */
  readinessChanged(
    processGuid: string,
    version: string,
    change: InstanceOnCell & { readonly ready: boolean },
  ): Promise<void>;
}

export interface UnfinishedTask {
  readonly guid: string;
  readonly state: "PENDING" | "RUNNING" | "CANCELING";
  readonly createdAtMs: number;
}
