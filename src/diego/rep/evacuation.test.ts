import assert from "node:assert/strict";
import { test } from "node:test";
import { actualLrp, eventually, lrpContainer, lrpWork, Refusal, repBench, taskContainer } from "./testing/rep-bench.ts";

const signal = new AbortController().signal;
const result = { failed: false, failureReason: "", retryable: false, stopped: false };
const QUICK = { evacuationPollingIntervalMs: 10 };

test("a cell that is evacuated takes no work", async () => {
  const { start } = repBench();
  await using rep = await start();
  await rep.evacuate();
  assert.deepEqual(await rep.client.perform(lrpWork(0), signal), lrpWork(0));
  assert.equal((await rep.client.state(signal)).evacuating, true);
});

test("an instance that runs asks for its replacement and stays until that one runs", async () => {
  const { bbs, executor, start } = repBench();
  executor.containers.set("i-0", lrpContainer(0, { state: "running", routable: true }));
  await using rep = await start(QUICK);
  const empty = rep.evacuate();
  const asked = (): number => bbs.calls.filter((call) => call === "evacuateRunning 0 INSTANCE true").length;
  await eventually(() => asked() >= 2, "asked again and again");
  assert.deepEqual(executor.destroyed, []);
  bbs.refusals.set("evacuateRunning", new Error("connection refused"));
  const before = asked();
  await eventually(() => asked() >= before + 2, "asked without an answer");
  assert.deepEqual(executor.destroyed, [], "without an answer it stays");
  bbs.refusals.clear();
  bbs.keepsContainers = false;
  await empty;
  assert.deepEqual(executor.destroyed, ["i-0"]);
});

test("what does not run is left to others, crashed or stopped as the BBS shall know it", async () => {
  for (const [container, call] of [
    [lrpContainer(0, { state: "reserved" }), "evacuateClaimed 0"],
    [lrpContainer(0, { state: "initializing" }), "evacuateClaimed 0"],
    [lrpContainer(0, { state: "created" }), "evacuateClaimed 0"],
    [lrpContainer(0, { state: "completed", result: { ...result, stopped: true } }), "evacuateStopped 0"],
    [
      lrpContainer(0, { state: "completed", result: { ...result, failed: true, failureReason: "x" } }),
      "evacuateCrashed 0 x",
    ],
  ] as const) {
    for (const refusal of [null, new Refusal("ResourceNotFound"), new Error("connection refused")]) {
      const { bbs, executor, start } = repBench();
      if (refusal !== null) bbs.refusals.set(call.split(" ")[0]!, refusal);
      await using rep = await start(QUICK);
      executor.containers.set("i-0", container);
      await rep.evacuate();
      assert.ok(bbs.calls.includes(call), call);
      assert.deepEqual(executor.destroyed, ["i-0"], `${call} ${refusal}`);
    }
  }
});

test("tasks are waited for", async () => {
  const { bbs, executor, start } = repBench();
  executor.containers.set("t-1", taskContainer("t-1", { state: "running" }));
  await using rep = await start(QUICK);
  const empty = rep.evacuate();
  await eventually(() => bbs.calls.some((call) => call === "startTask t-1"), "looked at");
  assert.deepEqual(executor.destroyed, []);
  executor.become("t-1", {
    state: "completed",
    result: { ...result, failed: true, failureReason: "Exited with status 1" },
  });
  await empty;
  assert.ok(bbs.calls.includes("complete t-1 true Exited with status 1 "));
});

test("after the time limit what is left is stopped", async () => {
  const { executor, start } = repBench();
  executor.containers.set("i-0", lrpContainer(0, { state: "running" }));
  await using rep = await start({ ...QUICK, evacuationTimeoutMs: 50 });
  await rep.evacuate();
  assert.deepEqual(executor.destroyed, ["i-0"]);
});

test("an evacuating record without container is removed as such, by the next comparison", async () => {
  const { bbs, start } = repBench();
  bbs.actual = [{ ...actualLrp(0), presence: "EVACUATING" }, actualLrp(1)];
  await using _rep = await start();
  await eventually(() => bbs.calls.includes("removeEvacuating 0") && bbs.calls.includes("remove 1"), "both removed");
  assert.ok(!bbs.calls.includes("remove 0"));
});
