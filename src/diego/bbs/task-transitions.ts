// The life of a task as pure functions: PENDING, RUNNING, COMPLETED, RESOLVING, gone.
// Diego: bbs/models/task.go (ValidateTransitionTo), bbs/db/sqldb/task_db.go, bbs/controllers/task_controller.go.
import type { Task, TaskDefinition, TaskEvent, TaskState } from "../../protocol/task.ts";
import { truncateReason } from "./actual-lrp-transitions.ts";
import { BbsError } from "./errors.ts";
import type { TaskChange } from "./model.ts";

const STATE_NAME: Record<TaskState, string> = {
  PENDING: "Pending",
  RUNNING: "Running",
  COMPLETED: "Completed",
  RESOLVING: "Resolving",
};

function refuse(from: TaskState, to: TaskState): never {
  throw new BbsError("InvalidStateTransition", `Cannot transition from ${STATE_NAME[from]} to ${STATE_NAME[to]}`);
}

export function pendingTask(taskGuid: string, domain: string, definition: TaskDefinition, nowNs: bigint): Task {
  return {
    taskGuid,
    domain,
    definition,
    state: "PENDING",
    createdAtNs: nowNs,
    updatedAtNs: nowNs,
    firstCompletedAtNs: 0n,
    cellId: "",
    result: "",
    failed: false,
    failureReason: "",
    rejectionCount: 0,
    rejectionReason: "",
  };
}

/** Null when this cell runs it already. Throws InvalidStateTransition. */
export function startedTask(task: Task, cellId: string, nowNs: bigint): Task | null {
  if (task.state === "RUNNING" && task.cellId === cellId) return null;
  if (task.state !== "PENDING") refuse(task.state, "RUNNING");
  return { ...task, state: "RUNNING", updatedAtNs: nowNs, cellId };
}

/** The end of a task by its cell. Throws RunningOnDifferentCell, InvalidStateTransition. */
export function completedTask(
  task: Task,
  cellId: string,
  outcome: { readonly failed: boolean; readonly failureReason: string; readonly result: string },
  nowNs: bigint,
): Task {
  if (task.state === "RUNNING" && task.cellId !== cellId) {
    throw new BbsError("RunningOnDifferentCell", `Running on cell ${task.cellId} not ${cellId}`);
  }
  if (task.state !== "RUNNING") refuse(task.state, "COMPLETED");
  return ended(task, outcome.failed, outcome.failureReason, outcome.result, nowNs);
}

/** The end of a task by the platform: cancelled, expired, its cell lost. Throws InvalidStateTransition. */
export function failedTask(task: Task, reason: string, nowNs: bigint): Task {
  if (task.state !== "RUNNING" && task.state !== "PENDING") refuse(task.state, "COMPLETED");
  return ended(task, true, reason, "", nowNs);
}

function ended(task: Task, failed: boolean, failureReason: string, result: string, nowNs: bigint): Task {
  return {
    ...task,
    state: "COMPLETED",
    updatedAtNs: nowNs,
    firstCompletedAtNs: nowNs,
    failed,
    failureReason: truncateReason(failureReason),
    result,
    cellId: "",
  };
}

/**
 * No cell took it. With `rejectionsMax` rejections before this one it fails, else it waits for the next auction.
 * Throws InvalidRequest in any state but PENDING and RUNNING.
 */
export function rejectedTask(task: Task, reason: string, rejectionsMax: number, nowNs: bigint): Task {
  if (task.state !== "PENDING" && task.state !== "RUNNING") throw new BbsError("InvalidRequest");
  const rejected: Task = {
    ...task,
    state: "PENDING",
    updatedAtNs: nowNs,
    rejectionCount: task.rejectionCount + 1,
    rejectionReason: truncateReason(reason),
  };
  return task.rejectionCount >= rejectionsMax ? ended(rejected, true, reason, "", nowNs) : rejected;
}

/** Somebody takes the result: only one can. Throws InvalidStateTransition. */
export function resolvingTask(task: Task, nowNs: bigint): Task {
  if (task.state !== "COMPLETED") refuse(task.state, "RESOLVING");
  return { ...task, state: "RESOLVING", updatedAtNs: nowNs };
}

/** Throws InvalidStateTransition unless the result has been taken. */
export function checkDeletable(task: Task): void {
  if (task.state !== "RESOLVING") refuse(task.state, "RESOLVING");
}

export function taskEvent({ before, after }: TaskChange): TaskEvent | null {
  if (before === null) return after === null ? null : { kind: "task_created", task: after };
  if (after === null) return { kind: "task_removed", task: before };
  return { kind: "task_changed", before, after };
}
