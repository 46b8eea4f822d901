import assert from "node:assert/strict";
import { test } from "node:test";
import {
  eventually,
  executorBench,
  inState,
  lrpRequest,
  runAction,
  runInfo,
  taskRequest,
} from "./testing/executor-bench.ts";

const tcpCheck = { kind: "tcp", port: 8080, connectTimeoutMs: 100, intervalMs: 50 } as const;
const checkDefinition = { checks: [tcpCheck], readinessChecks: [], logSource: "" };

test("a running instance goes on over a restart, with the log lines of the gap and without new announcements", async (t) => {
  const bench = await executorBench(t);
  const gap = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  bench.garden.programs.set("/app", async ({ container, stdout }) => {
    container.listening.add(8080);
    stdout("before\n");
    await gap.promise;
    stdout("in the gap\n");
    await end.promise;
    return 7;
  });
  {
    await using executor = await bench.start();
    await executor.client.allocate([lrpRequest("i-1")]);
    await executor.client.run("i-1", runInfo({ checkDefinition }));
    await inState(executor, "i-1", "running");
  }
  assert.equal(bench.garden.containers.size, 1, "disposal leaves the container running");
  gap.resolve();
  await eventually(() => true);
  bench.envelopes.length = 0;

  await using executor = await bench.start();
  assert.equal(executor.client.get("i-1")?.state, "running");
  assert.equal(executor.client.remainingResources().memoryMb, 1792);
  await eventually(() => bench.logs().includes("APP/PROC/WEB OUT in the gap"), "the gap's line");
  end.resolve();
  const { result } = await inState(executor, "i-1", "completed");
  assert.equal(result.failureReason, "APP/PROC/WEB: Exited with status 7");
  assert.deepEqual(bench.logs(), ["APP/PROC/WEB OUT in the gap", "APP/PROC/WEB OUT Exit status 7"]);
});

test("an instance that ended in the gap crashes with its exit status", async (t) => {
  const bench = await executorBench(t);
  const end = Promise.withResolvers<void>();
  bench.garden.programs.set("/app", async () => {
    await end.promise;
    return 9;
  });
  {
    await using executor = await bench.start();
    await executor.client.allocate([lrpRequest("i-1")]);
    await executor.client.run("i-1", runInfo());
    await inState(executor, "i-1", "running");
  }
  end.resolve();
  await using executor = await bench.start();
  const { result } = await inState(executor, "i-1", "completed");
  assert.equal(result.failureReason, "APP/PROC/WEB: Exited with status 9");
});

test("steps that were done are not done again; the one that was cut off is", async (t) => {
  const bench = await executorBench(t);
  const ran: string[] = [];
  const end = Promise.withResolvers<void>();
  bench.garden.programs.set("/first", async () => ran.push("first") - ran.length);
  bench.garden.programs.set("/second", async () => {
    ran.push("second");
    await end.promise;
    return 0;
  });
  bench.garden.programs.set("/third", async () => ran.push("third") - ran.length);
  const actions = [runAction("/first"), runAction("/second"), runAction("/third")];
  {
    await using executor = await bench.start();
    await executor.client.allocate([taskRequest("t-1")]);
    await executor.client.run("t-1", runInfo({ action: { kind: "serial", actions } }));
    await eventually(() => ran.includes("second"), "second");
  }
  await using executor = await bench.start();
  end.resolve();
  const { result } = await inState(executor, "t-1", "completed");
  assert.equal(result.failed, false);
  assert.deepEqual(ran, ["first", "second", "third"]);
});

test("a container that nobody knows is destroyed, one that vanished crashes, a half-made one is made anew", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", async ({ terminated }) => {
    await terminated;
    return 0;
  });
  {
    await using executor = await bench.start();
    await executor.client.allocate([lrpRequest("vanished"), lrpRequest("half")]);
    await executor.client.run("vanished", runInfo());
    await inState(executor, "vanished", "running");
    // Garden has made it, but the platform dies before it hears of that.
    const create = bench.garden.create.bind(bench.garden);
    bench.garden.create = async (spec, signal) => {
      await create(spec);
      return await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    };
    await executor.client.run("half", runInfo());
    await eventually(() => bench.garden.containers.has("half"), "half");
    bench.garden.create = create;
  }
  await bench.garden.lose("vanished");
  const unknown = bench.garden.containers.get("half")!.spec;
  await bench.garden.create({ ...unknown, handle: "unknown" });
  await bench.garden.create({ ...unknown, handle: "foreign", properties: { "executor:owner": "cell-2" } });

  await using executor = await bench.start();
  assert.deepEqual([...bench.garden.containers.keys()].includes("unknown"), false);
  assert.ok(bench.garden.containers.has("foreign"), "another cell's container is not ours");
  const { result } = await inState(executor, "vanished", "completed");
  assert.equal(result.failureReason, "missing garden container");
  await inState(executor, "half", "running");
  assert.deepEqual(bench.garden.destroyed.sort(), ["half", "unknown"]);
  await executor.client.destroy("vanished");
  await executor.client.destroy("half");
});

test("a stop that was asked for before the platform died is carried out", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", async ({ terminated }) => {
    await terminated;
    return await new Promise<number>(() => undefined);
  });
  {
    await using executor = await bench.start();
    await executor.client.allocate([lrpRequest("i-1")]);
    await executor.client.run("i-1", runInfo());
    await inState(executor, "i-1", "running");
    await executor.client.stop("i-1");
  }
  await using executor = await bench.start({ gracefulShutdownMs: 20 });
  const { result } = await inState(executor, "i-1", "completed");
  assert.equal(result.stopped, true);
});
