import type { Task } from "../../protocol/task.ts";
import { failedTask } from "./task-transitions.ts";

/** Diego: bbs/db/sqldb/task_convergence.go */
const EXPIRED = "not started within time limit";
const CELL_LOST = "cell disappeared before completion";

export type TaskAction =
  | { readonly kind: "auction"; readonly task: Task }
  | { readonly kind: "replace"; readonly task: Task; readonly after: Task }
  | { readonly kind: "delete"; readonly task: Task }
  /** Its result is to be handed over, again. */
  | { readonly kind: "callback"; readonly task: Task };

export interface TaskSnapshot {
  readonly tasks: Iterable<Task>;
  readonly cells: ReadonlySet<string>;
  readonly nowNs: bigint;
  readonly kickTaskMs: number;
  readonly expirePendingTaskMs: number;
  readonly expireCompletedTaskMs: number;
}

/** What must happen to tasks that got stuck. Yields before each; whoever carries an action out checks it again. */
export function* decideTaskConvergence(snapshot: TaskSnapshot): Generator<void, TaskAction[]> {
  const { nowNs } = snapshot;
  const expirePendingNs = nowNs - BigInt(snapshot.expirePendingTaskMs) * 1_000_000n;
  const expireCompletedNs = nowNs - BigInt(snapshot.expireCompletedTaskMs) * 1_000_000n;
  const kickNs = nowNs - BigInt(snapshot.kickTaskMs) * 1_000_000n;
  const actions: TaskAction[] = [];
  for (const task of snapshot.tasks) {
    yield;
    if (task.state === "PENDING") {
      if (task.createdAtNs < expirePendingNs) {
        actions.push({ kind: "replace", task, after: failedTask(task, EXPIRED, nowNs) });
      } else actions.push({ kind: "auction", task });
      continue;
    }
    if (task.state === "RUNNING") {
      if (!snapshot.cells.has(task.cellId)) {
        actions.push({ kind: "replace", task, after: failedTask(task, CELL_LOST, nowNs) });
      }
      continue;
    }
    // A resolving task whose receiver never answered counts as completed again.
    const resolvable = task.state === "COMPLETED" || task.updatedAtNs < kickNs;
    if (resolvable && task.firstCompletedAtNs < expireCompletedNs) actions.push({ kind: "delete", task });
    else if (resolvable && task.updatedAtNs < kickNs) actions.push({ kind: "callback", task });
  }
  return actions;
}
