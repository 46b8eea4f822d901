import assert from "node:assert/strict";
import { test } from "node:test";
import type { Task } from "../../protocol/task.ts";
import { sampleTaskDefinition } from "./sample-records.ts";
import { decideTaskConvergence, type TaskAction } from "./task-convergence.ts";
import { pendingTask } from "./task-transitions.ts";

const SECOND = 1_000_000_000n;
const NOW_NS = 100_000n * SECOND;
const ago = (seconds: bigint): bigint => NOW_NS - seconds * SECOND;

function converge(change: Partial<Task>): TaskAction[] {
  const task: Task = { ...pendingTask("task", "cf-tasks", sampleTaskDefinition(), NOW_NS), ...change };
  const work = decideTaskConvergence({
    tasks: [task],
    cells: new Set(["cell-1"]),
    nowNs: NOW_NS,
    kickTaskMs: 30_000,
    expirePendingTaskMs: 1_800_000,
    expireCompletedTaskMs: 120_000,
  });
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

test("a pending task is auctioned again, until its half hour is over", () => {
  assert.deepEqual(
    converge({ createdAtNs: ago(1_800n) }).map(({ kind }) => kind),
    ["auction"],
  );
  const [action] = converge({ createdAtNs: ago(1_801n) });
  assert.ok(action?.kind === "replace");
  assert.deepEqual([action.after.failed, action.after.failureReason], [true, "not started within time limit"]);
});

test("a running task whose cell is gone has failed", () => {
  assert.deepEqual(converge({ state: "RUNNING", cellId: "cell-1" }), []);
  const [action] = converge({ state: "RUNNING", cellId: "cell-9" });
  assert.ok(action?.kind === "replace");
  assert.equal(action.after.failureReason, "cell disappeared before completion");
});

test("a result that nobody took is offered again after 30 s and dropped after two minutes", () => {
  const completed = (seconds: bigint): Partial<Task> => ({
    state: "COMPLETED",
    updatedAtNs: ago(seconds),
    firstCompletedAtNs: ago(seconds),
  });
  const kinds = (seconds: bigint) => converge(completed(seconds)).map(({ kind }) => kind);
  assert.deepEqual([kinds(30n), kinds(31n), kinds(121n)], [[], ["callback"], ["delete"]]);
});

test("a task whose receiver is still at work is left alone for 30 s", () => {
  const resolving = (updated: bigint, completed: bigint): Partial<Task> => ({
    state: "RESOLVING",
    updatedAtNs: ago(updated),
    firstCompletedAtNs: ago(completed),
  });
  assert.deepEqual(converge(resolving(29n, 200n)), []);
  assert.deepEqual(
    converge(resolving(31n, 31n)).map(({ kind }) => kind),
    ["callback"],
  );
  assert.deepEqual(
    converge(resolving(31n, 121n)).map(({ kind }) => kind),
    ["delete"],
  );
});
