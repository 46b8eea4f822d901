import type { Action, CachedDependency, EgressRule, EnvironmentVariable } from "./action.ts";
import type { MetricTags } from "./lrp.ts";

/** Diego: bbs/models/task.proto */
export interface TaskDefinition {
  readonly rootfs: string;
  readonly environmentVariables: readonly EnvironmentVariable[];
  readonly action: Action;
  readonly diskMb: number;
  readonly memoryMb: number;
  readonly cpuWeight: number;
  readonly maxPids: number;
  readonly privileged: boolean;
  readonly logSource: string;
  readonly logGuid: string;
  readonly metricsGuid: string;
  /** File in the container whose content (≤ 50 KB) becomes `result`; empty for none. */
  readonly resultFile: string;
  /** Called with POST when completed; empty for none. */
  readonly completionCallbackUrl: string;
  readonly annotation: string;
  readonly egressRules: readonly EgressRule[];
  readonly cachedDependencies: readonly CachedDependency[];
  readonly placementTags: readonly string[];
  readonly volumeDrivers: readonly string[];
  readonly certificateOrganizationalUnits: readonly string[];
  readonly imageUsername: string;
  readonly imagePassword: string;
  readonly logRateLimitBytesPerSecond: number;
  readonly metricTags: MetricTags;
  readonly networkProperties: Readonly<Record<string, string>>;
}

export type TaskState = "PENDING" | "RUNNING" | "COMPLETED" | "RESOLVING";

export interface Task {
  readonly taskGuid: string;
  readonly domain: string;
  readonly definition: TaskDefinition;
  readonly state: TaskState;
  readonly createdAtNs: bigint;
  readonly updatedAtNs: bigint;
  /** 0 until completed. */
  readonly firstCompletedAtNs: bigint;
  readonly cellId: string;
  readonly result: string;
  readonly failed: boolean;
  readonly failureReason: string;
  readonly rejectionCount: number;
  readonly rejectionReason: string;
}

export type TaskEvent =
  | { readonly kind: "task_created"; readonly task: Task }
  | { readonly kind: "task_changed"; readonly before: Task; readonly after: Task }
  | { readonly kind: "task_removed"; readonly task: Task };

/** Body of the completion callback. Diego: bbs/models/task_callback.go */
export interface TaskCallbackResponse {
  readonly task_guid: string;
  readonly failed: boolean;
  readonly failure_reason: string;
  readonly result: string;
  readonly annotation: string;
  /** Nanoseconds since the epoch. */
  readonly created_at: number;
}
