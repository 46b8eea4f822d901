import assert from "node:assert/strict";
import { test } from "node:test";
import { OperationQueue } from "./operation-queue.ts";

test("operations on one container take turns, at most one waits; others run beside them", async () => {
  const queue = new OperationQueue();
  const gate = Promise.withResolvers<void>();
  const ran: string[] = [];
  queue.push("a", async () => {
    ran.push("a1");
    await gate.promise;
  });
  for (const name of ["a2", "a3", "a4"]) queue.push("a", async () => void ran.push(name));
  queue.push("b", async () => void ran.push("b1"));
  assert.deepEqual(ran, ["a1", "b1"]);
  gate.resolve();
  await queue.idle();
  assert.deepEqual(ran, ["a1", "b1", "a4"]);
});

test("a failed operation does not stop the next", async () => {
  const queue = new OperationQueue();
  const ran: string[] = [];
  queue.push("a", async () => {
    throw new Error("no");
  });
  queue.push("a", async () => void ran.push("next"));
  await queue.idle();
  assert.deepEqual(ran, ["next"]);
});
