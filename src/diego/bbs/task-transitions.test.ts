import assert from "node:assert/strict";
import { test } from "node:test";
import type { BbsErrorType } from "./errors.ts";
import { sampleTaskDefinition } from "./sample-records.ts";
import {
  checkDeletable,
  completedTask,
  failedTask,
  pendingTask,
  rejectedTask,
  resolvingTask,
  startedTask,
} from "./task-transitions.ts";

const pending = pendingTask("task", "cf-tasks", sampleTaskDefinition(), 1n);
const running = { ...pending, state: "RUNNING", cellId: "cell-1" } as const;
const good = { failed: false, failureReason: "", result: "ok" };
const refused = (type: BbsErrorType, message?: string) => (error: unknown) => {
  assert.equal((error as { type?: string }).type, type);
  if (message !== undefined) assert.equal((error as Error).message, message);
  return true;
};

test("a task starts once, on one cell", () => {
  const started = startedTask(pending, "cell-1", 5n);
  assert.deepEqual([started?.state, started?.cellId, started?.updatedAtNs], ["RUNNING", "cell-1", 5n]);
  assert.equal(startedTask(running, "cell-1", 5n), null);
  assert.throws(
    () => startedTask(running, "cell-2", 5n),
    refused("InvalidStateTransition", "Cannot transition from Running to Running"),
  );
});

test("only its cell completes a running task", () => {
  const done = completedTask(running, "cell-1", good, 5n);
  assert.deepEqual(
    [done.state, done.result, done.failed, done.firstCompletedAtNs, done.cellId],
    ["COMPLETED", "ok", false, 5n, ""],
  );
  assert.throws(
    () => completedTask(running, "cell-2", good, 5n),
    refused("RunningOnDifferentCell", "Running on cell cell-1 not cell-2"),
  );
  assert.throws(
    () => completedTask(pending, "cell-1", good, 5n),
    refused("InvalidStateTransition", "Cannot transition from Pending to Completed"),
  );
});

test("what waits or runs can be cancelled, what is over cannot", () => {
  for (const task of [pending, running]) assert.equal(failedTask(task, "task was cancelled", 5n).failed, true);
  assert.throws(() => failedTask({ ...pending, state: "COMPLETED" }, "x", 5n), refused("InvalidStateTransition"));
});

test("a task may be rejected three times; the fourth rejection is its failure", () => {
  let task = rejectedTask(running, "no room", 3, 5n);
  assert.deepEqual([task.state, task.rejectionCount, task.rejectionReason], ["PENDING", 1, "no room"]);
  task = rejectedTask(task, "no room", 3, 6n);
  task = rejectedTask(task, "no room", 3, 7n);
  assert.equal(task.state, "PENDING");
  task = rejectedTask(task, "no room", 3, 8n);
  assert.deepEqual(
    [task.state, task.failed, task.failureReason, task.rejectionCount],
    ["COMPLETED", true, "no room", 4],
  );
  assert.throws(() => rejectedTask(task, "x", 3, 9n), refused("InvalidRequest"));
});

test("a result is resolved by one, then the task may be deleted", () => {
  const resolving = resolvingTask(failedTask(pending, "x", 5n), 6n);
  assert.equal(resolving.state, "RESOLVING");
  checkDeletable(resolving);
  assert.throws(() => resolvingTask(resolving, 7n), refused("InvalidStateTransition"));
  assert.throws(
    () => checkDeletable(pending),
    refused("InvalidStateTransition", "Cannot transition from Pending to Resolving"),
  );
});
