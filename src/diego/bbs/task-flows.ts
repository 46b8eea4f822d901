import type { Task } from "../../protocol/task.ts";
import type { BbsClient } from "./client.ts";
import { type BbsContext, callCell, requestTaskAuctions } from "./context.ts";
import { BbsError } from "./errors.ts";
import { taskStartRequest } from "./start-requests.ts";
import { deliverTaskCallback } from "./task-callback.ts";
import {
  checkDeletable,
  completedTask,
  failedTask,
  pendingTask,
  rejectedTask,
  resolvingTask,
  startedTask,
} from "./task-transitions.ts";
import { checkTask } from "./validation.ts";

type TaskFlows = Pick<
  BbsClient,
  | "desireTask"
  | "startTask"
  | "cancelTask"
  | "rejectTask"
  | "completeTask"
  | "resolvingTask"
  | "deleteTask"
  | "tasks"
  | "taskByGuid"
>;

/** Diego: bbs/db/sqldb/task_db.go */
const CANCELLED = "task was cancelled";

/** One-off work. Diego: bbs/controllers/task_controller.go */
export function taskFlows(ctx: BbsContext): TaskFlows {
  const { state, clock } = ctx;

  const held = (taskGuid: string): Task => {
    const task = state.tasks.get(taskGuid);
    if (task === undefined) throw new BbsError("ResourceNotFound");
    return task;
  };

  return {
    desireTask: async (taskGuid, domain, definition, signal) => {
      signal.throwIfAborted();
      checkTask(taskGuid, domain, definition);
      if (state.tasks.has(taskGuid)) throw new BbsError("ResourceExists");
      const after = pendingTask(taskGuid, domain, definition, clock.nowNs());
      await state.commit({ tasks: [{ before: null, after }] });
      requestTaskAuctions(ctx, [taskStartRequest(after)]);
    },

    startTask: async (taskGuid, cellId, signal) => {
      signal.throwIfAborted();
      const before = held(taskGuid);
      const after = startedTask(before, cellId, clock.nowNs());
      await state.commit({ tasks: after === null ? [] : [{ before, after }] });
      return after !== null;
    },

    cancelTask: async (taskGuid, signal) => {
      signal.throwIfAborted();
      const before = held(taskGuid);
      const after = failedTask(before, CANCELLED, clock.nowNs());
      await state.commit({ tasks: [{ before, after }] });
      offerTaskCallback(ctx, after);
      if (before.cellId === "") return;
      // A cell that is not reached finds out by itself: it compares what it runs with what the BBS knows.
      ctx.calls.offer(async () => {
        await callCell(ctx, before.cellId, (rep, limit) => rep.cancelTask(taskGuid, limit));
      });
    },

    rejectTask: async (taskGuid, reason, signal) => {
      signal.throwIfAborted();
      const before = held(taskGuid);
      const after = rejectedTask(before, reason, ctx.settings.taskRejectionsMax, clock.nowNs());
      await state.commit({ tasks: [{ before, after }] });
      if (after.state === "COMPLETED") offerTaskCallback(ctx, after);
    },

    completeTask: async (taskGuid, cellId, outcome, signal) => {
      signal.throwIfAborted();
      const before = held(taskGuid);
      const after = completedTask(before, cellId, outcome, clock.nowNs());
      await state.commit({ tasks: [{ before, after }] });
      offerTaskCallback(ctx, after);
    },

    resolvingTask: async (taskGuid, signal) => {
      signal.throwIfAborted();
      const before = held(taskGuid);
      await state.commit({ tasks: [{ before, after: resolvingTask(before, clock.nowNs()) }] });
    },

    deleteTask: async (taskGuid, signal) => {
      signal.throwIfAborted();
      const before = held(taskGuid);
      checkDeletable(before);
      await state.commit({ tasks: [{ before, after: null }] });
    },

    tasks: async ({ domain, cellId }) => {
      await state.settled();
      const found: Task[] = [];
      for (const task of state.tasks.values()) {
        if (domain !== undefined && domain !== "" && task.domain !== domain) continue;
        if (cellId !== undefined && cellId !== "" && task.cellId !== cellId) continue;
        found.push(task);
      }
      return found;
    },

    taskByGuid: async (taskGuid) => {
      await state.settled();
      return held(taskGuid);
    },
  };
}

/** Tells whoever asked for the task, in the background. Convergence tries again what the pool refuses. */
export function offerTaskCallback(ctx: BbsContext, task: Task): void {
  if (task.definition.completionCallbackUrl === "") return;
  ctx.callbacks.offer(() => deliverTaskCallback(ctx, task.taskGuid));
}
