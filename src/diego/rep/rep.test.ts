import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCellPresence } from "../../protocol/cell-presence.ts";
import { runInfoOfLrp } from "./run-info.ts";
import {
  actualLrp,
  desiredLrp,
  eventually,
  fastClock,
  lrpContainer,
  lrpWork,
  Refusal,
  repBench,
  task,
  taskContainer,
  taskWork,
} from "./testing/rep-bench.ts";

const signal = new AbortController().signal;
const result = { failed: false, failureReason: "", retryable: false, stopped: false };

test("an instance is claimed, run, announced, and its crash told before its container goes", async () => {
  const { bbs, executor, start } = repBench();
  await using rep = await start();
  assert.deepEqual(await rep.client.perform(lrpWork(0), signal), { cellId: "cell-1", lrps: [], tasks: [] });
  await eventually(() => executor.get("i-0")?.state === "initializing", "run");
  const { run } = executor.get("i-0")!;
  assert.deepEqual(
    run,
    runInfoOfLrp(
      desiredLrp,
      { processGuid: "p", index: 0, domain: "cf-apps" },
      { instanceGuid: "i-0", cellId: "cell-1" },
    ),
  );
  assert.deepEqual(
    run?.env.map(({ name }) => name),
    ["INSTANCE_GUID", "INSTANCE_INDEX", "CF_INSTANCE_GUID", "CF_INSTANCE_INDEX", "LANG"],
  );
  executor.become("i-0", { state: "running", routable: true });
  await eventually(() => bbs.calls.some((call) => call.startsWith("start 0")), "start");
  executor.become("i-0", {
    state: "completed",
    result: { ...result, failed: true, failureReason: "Exited with status 1" },
  });
  await eventually(() => executor.destroyed.includes("i-0"), "destroy");
  // The comparison at the start may say the same once more.
  assert.deepEqual(
    [...new Set(bbs.calls)],
    [
      "claim 0",
      "desired",
      'start 0 INSTANCE true {"app_name":"web","instance_id":"0","process_instance_id":"i-0"}',
      "crash 0 Exited with status 1",
    ],
  );
});

test("an instance that was stopped is removed, not crashed", async () => {
  const { bbs, executor, start } = repBench();
  await using rep = await start();
  await rep.client.perform(lrpWork(0), signal);
  await eventually(() => executor.get("i-0")?.state === "initializing", "run");
  await rep.client.stopLrpInstance(actualLrp(0).key, actualLrp(0).instanceKey!, signal);
  assert.deepEqual(executor.stopped, ["i-0"]);
  executor.become("i-0", { state: "completed", result: { ...result, stopped: true } });
  await eventually(() => executor.destroyed.includes("i-0"), "destroy");
  assert.equal(bbs.calls.at(-1), "remove 0");
});

test("an instance that somebody else has, or that is wanted no more, goes without a trace", async () => {
  for (const [call, type] of [
    ["claim", "ActualLRPCannotBeClaimed"],
    ["claim", "ResourceNotFound"],
    ["desired", "ResourceNotFound"],
  ] as const) {
    const { bbs, executor, start } = repBench();
    await using rep = await start();
    bbs.refusals.set(call, new Refusal(type));
    await rep.client.perform(lrpWork(0), signal);
    await eventually(() => executor.destroyed.includes("i-0"), `${call} ${type}`);
  }
});

test("an instance that must not run is stopped", async () => {
  const { bbs, executor, start } = repBench();
  bbs.refusals.set("start", new Refusal("ActualLRPCannotBeStarted"));
  executor.containers.set("i-0", lrpContainer(0, { state: "running" }));
  await using _rep = await start();
  await eventually(() => executor.stopped.includes("i-0"), "stop");
});

test("while the BBS does not answer nothing is given up; the next comparison tries again", async () => {
  const { bbs, executor, start } = repBench();
  bbs.refusals.set("crash", new Error("connection refused"));
  executor.containers.set(
    "i-0",
    lrpContainer(0, { state: "completed", result: { ...result, failed: true, failureReason: "x" } }),
  );
  await using _rep = await start({ syncIntervalMs: 20 });
  await eventually(() => bbs.calls.filter((call) => call === "crash 0 x").length >= 2, "second try");
  assert.equal(executor.destroyed.length, 0);
  bbs.refusals.clear();
  await eventually(() => executor.destroyed.includes("i-0"), "destroy");
});

test("a task runs once, and its result reaches the BBS before its container goes", async () => {
  const { bbs, executor, start } = repBench();
  await using rep = await start();
  executor.files.set("/tmp/result", "42");
  await rep.client.perform(taskWork("t-1"), signal);
  await eventually(() => executor.get("t-1")?.state === "initializing", "run");
  executor.become("t-1", { state: "completed" });
  await eventually(() => executor.destroyed.includes("t-1"), "destroy");
  assert.deepEqual(bbs.calls, ["startTask t-1", "complete t-1 false  42"]);
});

test("a task that is auctioned twice is neither refused nor begun anew", async () => {
  const { bbs, executor, start } = repBench();
  await using rep = await start();
  await rep.client.perform(taskWork("t-1"), signal);
  await eventually(() => executor.get("t-1")?.state === "initializing", "run");
  executor.become("t-1", { state: "running" });
  assert.deepEqual((await rep.client.perform(taskWork("t-1"), signal)).tasks, []);
  // The BBS may even have put it back to PENDING, by a rejection that came late: it answers "start" again.
  executor.become("t-1", { state: "running" });
  await eventually(() => bbs.calls.filter((call) => call === "startTask t-1").length >= 2, "asked again");
  assert.equal(executor.get("t-1")?.state, "running");
  assert.deepEqual(executor.destroyed, []);
});

test("a task's end is told as Diego tells it", async () => {
  const ends = [
    {
      end: { ...result, failed: true, failureReason: "Exited with status 2" },
      call: "complete t-1 true Exited with status 2 ",
    },
    { end: result, call: "complete t-1 true failed to fetch result " },
    { end: { ...result, failed: true, retryable: true, failureReason: "no disk" }, call: "reject t-1 no disk" },
  ];
  for (const { end, call } of ends) {
    const { bbs, executor, start } = repBench();
    const run = { ...runInfoOfLrp(desiredLrp, actualLrp(0).key, actualLrp(0).instanceKey!), resultFile: "/tmp/result" };
    executor.containers.set("t-1", taskContainer("t-1", { state: "completed", result: end, run }));
    await using _rep = await start();
    await eventually(() => executor.destroyed.includes("t-1"), call);
    assert.deepEqual(bbs.calls, [call]);
  }
});

test("a task that cannot be run fails; one that the BBS does not know is dropped", async () => {
  {
    const { bbs, executor, start } = repBench();
    executor.runError = new Error("disk full");
    await using rep = await start();
    await rep.client.perform(taskWork("t-1"), signal);
    await eventually(() => bbs.calls.includes("complete t-1 true failed to run container "), "completion");
    assert.deepEqual(executor.destroyed, ["t-1"]);
  }
  const { bbs, executor, start } = repBench();
  bbs.refusals.set("startTask", new Refusal("ResourceNotFound"));
  await using rep = await start();
  await rep.client.perform(taskWork("t-1"), signal);
  await eventually(() => executor.destroyed.includes("t-1"), "destroy");
});

test("what this cell cannot hold or does not know comes back", async () => {
  const { start } = repBench();
  await using rep = await start();
  const big = lrpWork(0, { memoryMb: 5000 });
  const foreign = lrpWork(1, { rootfs: "docker:///image" });
  const odd = taskWork("t-1", { rootfs: "preloaded:windows" });
  const back = await rep.client.perform(
    { cellId: "cell-1", lrps: [...big.lrps, ...foreign.lrps, ...lrpWork(2).lrps], tasks: odd.tasks },
    signal,
  );
  assert.deepEqual(back.lrps.map(({ key }) => key.index).sort(), [0, 1]);
  assert.deepEqual(back.tasks, odd.tasks);
  await assert.rejects(rep.client.perform({ ...big, cellId: "cell-2" }, signal), /cell ID/);
  const state = await rep.client.state(signal);
  assert.deepEqual(
    state.lrps.map(({ instanceGuid, state: one }) => `${instanceGuid} ${one}`),
    ["i-2 CLAIMED"],
  );
  assert.deepEqual(state.rootfsProviders, { preloaded: ["cflinuxfs4"] });
});

test("at the start BBS and cell are brought together: running goes on, records without container end", async () => {
  const { bbs, executor, start } = repBench();
  executor.containers.set("i-0", lrpContainer(0, { state: "running", routable: true }));
  bbs.actual = [actualLrp(0), actualLrp(1), actualLrp(2, "CRASHED")];
  bbs.running = [{ ...task, taskGuid: "t-9" }];
  await using _rep = await start();
  await eventually(() => bbs.calls.length >= 3, "three operations");
  assert.deepEqual(
    new Set(bbs.calls),
    new Set([
      "start 0 INSTANCE true {}",
      "remove 1",
      "complete t-9 true task container does not exist task container does not exist",
    ]),
  );
  assert.equal(executor.containers.size, 1);
});

test("new tags and internal routes are kept by the cell and told to the BBS at once", async () => {
  const { bbs, executor, start } = repBench();
  await using rep = await start();
  await rep.client.perform(lrpWork(0), signal);
  await eventually(() => executor.get("i-0")?.state === "initializing", "run");
  executor.become("i-0", { state: "running" });
  const { key, instanceKey } = actualLrp(0);
  await rep.client.updateLrpInstance(
    { key, instanceKey: instanceKey!, internalRoutes: [], metricTags: { app_name: "new" } },
    signal,
  );
  await eventually(() => bbs.calls.some((call) => call.endsWith('{"app_name":"new"}')), "new tags");
});

test("a cancelled task is destroyed", async () => {
  const { executor, start } = repBench();
  executor.containers.set("t-1", taskContainer("t-1", { state: "running" }));
  await using rep = await start();
  await rep.client.cancelTask("t-1", signal);
  assert.ok(executor.destroyed.includes("t-1"));
});

test("the presence tells what the cell is, stays over a disposal, and goes when all is stopped", async () => {
  const { executor, locket, bbs, start } = repBench();
  bbs.startsTasks = false;
  executor.containers.set("i-0", lrpContainer(0, { state: "running" }));
  executor.containers.set("t-1", taskContainer("t-1", { state: "running" }));
  {
    await using rep = await start({ presenceOwner: "cell-1" });
    await rep.presence.acquired;
    const presence = decodeCellPresence(locket.held!.value);
    assert.deepEqual(presence?.rootfsProviders, { preloaded: ["cflinuxfs4"] });
    assert.deepEqual([locket.held!.key, locket.held!.owner, locket.held!.type], ["cell-1", "cell-1", "presence"]);
  }
  assert.equal(locket.released, 0);
  assert.equal(executor.containers.size, 2, "disposal leaves everything running");
  {
    await using rep = await start();
    await rep.presence.acquired;
    await rep.stopAll();
    assert.deepEqual(await rep.client.perform(lrpWork(5), signal), lrpWork(5));
    assert.equal(executor.containers.size, 0);
    assert.ok(bbs.calls.includes("complete t-1 true cell disappeared before completion "));
    assert.equal(bbs.calls.includes("remove 0"), false, "the next start fills the hole");
  }
  assert.equal(locket.released, 1);
});

test("a cell that lost its presence takes no work until it has it again", async () => {
  const { locket, start } = repBench(fastClock(200));
  await using rep = await start();
  await rep.presence.acquired;
  assert.deepEqual((await rep.client.perform(lrpWork(0), signal)).lrps, []);
  locket.answers = false;
  let index = 1;
  const isTaken = async (): Promise<boolean> => (await rep.client.perform(lrpWork(++index), signal)).lrps.length === 0;
  let taken = true;
  /** Asks anew at each call and tells the last answer. */
  const lastAnswer = (): boolean => {
    void isTaken().then((one) => {
      taken = one;
    });
    return taken;
  };
  await eventually(() => !lastAnswer(), "refusal");
  locket.answers = true;
  await eventually(lastAnswer, "work is taken again");
});
