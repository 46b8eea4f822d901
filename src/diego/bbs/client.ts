import type { CellPresence } from "../../protocol/cell.ts";
import type {
  ActualLrp,
  ActualLrpInstanceKey,
  ActualLrpKey,
  ActualLrpNetInfo,
  DesiredLrp,
  DesiredLrpSchedulingInfo,
  DesiredLrpUpdate,
  LrpEvent,
} from "../../protocol/lrp.ts";
import type { Task, TaskDefinition, TaskEvent } from "../../protocol/task.ts";

export interface ActualLrpFilter {
  readonly domain?: string;
  readonly cellId?: string;
  readonly processGuid?: string;
  readonly index?: number;
}

export interface DesiredLrpFilter {
  readonly domain?: string;
  readonly processGuids?: readonly string[];
}

/**
 * What any component may ask of the BBS, in this process or over mutual TLS. Every change is durable once resolved.
 * All throw `BbsError`; its `type` is Diego's (bbs/models/error.proto).
 */
export interface BbsClient {
  /** Domains that are fresh now. */
  domains(signal: AbortSignal): Promise<string[]>;
  /** `ttlSeconds` 0: fresh for ever. */
  upsertDomain(domain: string, ttlSeconds: number, signal: AbortSignal): Promise<void>;

  /** Throws ResourceExists, InvalidRequest. Diego: POST /v1/desired_lrp/desire.r2 */
  desireLrp(lrp: DesiredLrp, signal: AbortSignal): Promise<void>;
  /** Throws ResourceNotFound. */
  updateDesiredLrp(processGuid: string, update: DesiredLrpUpdate, signal: AbortSignal): Promise<void>;
  /** Stops every instance. Throws ResourceNotFound. */
  removeDesiredLrp(processGuid: string, signal: AbortSignal): Promise<void>;
  desiredLrps(filter: DesiredLrpFilter, signal: AbortSignal): Promise<DesiredLrp[]>;
  /** Throws ResourceNotFound. */
  desiredLrpByProcessGuid(processGuid: string, signal: AbortSignal): Promise<DesiredLrp>;
  desiredLrpSchedulingInfos(filter: DesiredLrpFilter, signal: AbortSignal): Promise<DesiredLrpSchedulingInfo[]>;

  actualLrps(filter: ActualLrpFilter, signal: AbortSignal): Promise<ActualLrp[]>;
  /** Throws ActualLRPCannotBeClaimed, ResourceNotFound. */
  claimActualLrp(key: ActualLrpKey, instanceKey: ActualLrpInstanceKey, signal: AbortSignal): Promise<void>;
  /** Also creates the record when it is missing. Throws ActualLRPCannotBeStarted. */
  startActualLrp(
    start: {
      readonly key: ActualLrpKey;
      readonly instanceKey: ActualLrpInstanceKey;
      readonly netInfo: ActualLrpNetInfo;
      readonly internalRoutes: readonly { readonly hostname: string }[];
      readonly metricTags: Readonly<Record<string, string>>;
      readonly routable: boolean;
      readonly availabilityZone: string;
    },
    signal: AbortSignal,
  ): Promise<void>;
  /** Throws ActualLRPCannotBeCrashed. */
  crashActualLrp(
    key: ActualLrpKey,
    instanceKey: ActualLrpInstanceKey,
    errorMessage: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** A placement error, from the auctioneer. */
  failActualLrp(key: ActualLrpKey, errorMessage: string, signal: AbortSignal): Promise<void>;
  /** Only when `instanceKey` (if given) still holds it. */
  removeActualLrp(key: ActualLrpKey, instanceKey: ActualLrpInstanceKey | null, signal: AbortSignal): Promise<void>;
  /** Stops one instance and forgets it; convergence makes a new one if it is still desired (`cf restart-app-instance`). */
  retireActualLrp(key: ActualLrpKey, signal: AbortSignal): Promise<void>;

  /** Throws ResourceExists, InvalidRequest. */
  desireTask(taskGuid: string, domain: string, definition: TaskDefinition, signal: AbortSignal): Promise<void>;
  /** True when the cell shall run it; false when it already does. Throws InvalidStateTransition, ResourceNotFound. */
  startTask(taskGuid: string, cellId: string, signal: AbortSignal): Promise<boolean>;
  cancelTask(taskGuid: string, signal: AbortSignal): Promise<void>;
  /** From the auctioneer: no cell took it. After the third rejection the task fails. */
  rejectTask(taskGuid: string, reason: string, signal: AbortSignal): Promise<void>;
  completeTask(
    taskGuid: string,
    cellId: string,
    outcome: { readonly failed: boolean; readonly failureReason: string; readonly result: string },
    signal: AbortSignal,
  ): Promise<void>;
  resolvingTask(taskGuid: string, signal: AbortSignal): Promise<void>;
  deleteTask(taskGuid: string, signal: AbortSignal): Promise<void>;
  tasks(filter: { readonly domain?: string; readonly cellId?: string }, signal: AbortSignal): Promise<Task[]>;
  /** Throws ResourceNotFound. */
  taskByGuid(taskGuid: string, signal: AbortSignal): Promise<Task>;

  cells(signal: AbortSignal): Promise<CellPresence[]>;
  /** All events after the call. Throws `SlowConsumerError` when 1,024 behind. Diego: POST /v1/events/lrp_instances.r1 */
  lrpEvents(signal: AbortSignal): AsyncIterable<LrpEvent>;
  taskEvents(signal: AbortSignal): AsyncIterable<TaskEvent>;
}

/**
 * What a cell that is being emptied tells about its instances. Each answer says whether it shall keep the container for
 * now: an instance stays routed, with the presence EVACUATING, until its replacement runs elsewhere.
 * Diego: POST /v1/actual_lrps/evacuate_*
 */
export interface BbsEvacuationClient {
  evacuateClaimedActualLrp(key: ActualLrpKey, instanceKey: ActualLrpInstanceKey, signal: AbortSignal): Promise<boolean>;
  evacuateRunningActualLrp(start: Parameters<BbsClient["startActualLrp"]>[0], signal: AbortSignal): Promise<boolean>;
  /** Throws ActualLRPCannotBeCrashed, ResourceNotFound. */
  evacuateCrashedActualLrp(
    key: ActualLrpKey,
    instanceKey: ActualLrpInstanceKey,
    errorMessage: string,
    signal: AbortSignal,
  ): Promise<boolean>;
  /** Throws ResourceNotFound. */
  evacuateStoppedActualLrp(key: ActualLrpKey, instanceKey: ActualLrpInstanceKey, signal: AbortSignal): Promise<boolean>;
  /** Ends an evacuating instance, replaced or not: the cell's time is over. Throws ResourceNotFound. */
  removeEvacuatingActualLrp(key: ActualLrpKey, instanceKey: ActualLrpInstanceKey, signal: AbortSignal): Promise<void>;
}
