import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import {
  eventually,
  executorBench,
  inState,
  lrpRequest,
  runAction,
  runInfo,
  taskRequest,
} from "./testing/executor-bench.ts";

const signal = new AbortController().signal;
const tcpCheck = { kind: "tcp", port: 8080, connectTimeoutMs: 100, intervalMs: 50 } as const;

async function tgz(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

test("an instance is created, becomes healthy, runs, stops when asked and leaves nothing behind", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", async ({ container, stdout, terminated, spec }) => {
    stdout("hello from the app\n");
    assert.equal(spec.env.find(({ name }) => name === "CF_INSTANCE_ADDR")?.value, "192.0.2.7:61001");
    container.listening.add(8080);
    await terminated;
    return 143;
  });
  await using executor = await bench.start();
  const changes: string[] = [];
  executor.client.onChange((guid) => changes.push(`${guid} ${executor.client.get(guid)?.state}`));
  assert.deepEqual(await executor.client.allocate([lrpRequest("i-1")]), []);
  assert.deepEqual(executor.client.remainingResources(), { memoryMb: 1792, diskMb: 3584, containers: 9 });
  await executor.client.run(
    "i-1",
    runInfo({ checkDefinition: { checks: [tcpCheck], readinessChecks: [], logSource: "HEALTH" } }),
  );
  const running = await inState(executor, "i-1", "running");
  assert.equal(running.routable, true);
  assert.deepEqual(running.ports, [{ containerPort: 8080, hostPort: 61001 }]);
  const { spec } = bench.garden.containers.get("i-1")!;
  assert.equal(spec.cpuShares, 102);
  assert.equal(spec.memoryLimitBytes, 256 * 1024 * 1024);
  assert.equal(spec.properties["network.app_id"], "app-1");
  assert.ok(spec.environment.some(({ name }) => name === "CF_INSTANCE_CERT"));
  assert.equal(
    await readFile(join(bench.folder, "credentials/i-1/instance.crt"), "utf8"),
    `cert i-1 ${running.internalIp}`,
  );
  await eventually(() => bench.gauges().length >= 3, "gauges at once");
  assert.deepEqual(Object.keys(bench.gauges()[0]!.metrics), ["cpu", "memory", "disk", "memory_quota", "disk_quota"]);

  await executor.client.stop("i-1");
  const completed = await inState(executor, "i-1", "completed");
  assert.deepEqual(completed.result, { failed: false, failureReason: "", retryable: false, stopped: true });
  await executor.client.destroy("i-1");
  assert.equal(executor.client.get("i-1"), null);
  assert.equal(existsSync(join(bench.folder, "credentials/i-1")), false);
  assert.deepEqual(executor.client.remainingResources(), { memoryMb: 2048, diskMb: 4096, containers: 10 });
  assert.deepEqual(changes, ["i-1 reserved", "i-1 running", "i-1 completed"]);
  const logs = bench.logs();
  assert.ok(logs.includes("APP/PROC/WEB OUT hello from the app"));
  assert.deepEqual(
    logs.filter((line) => !line.endsWith("from the app")),
    [
      "CELL OUT Cell cell-1 creating container for instance i-1",
      "CELL OUT Cell cell-1 successfully created container for instance i-1",
      "CELL OUT Starting health monitoring of container",
      "CELL OUT Container became healthy",
      "CELL OUT Cell cell-1 stopping instance i-1",
      "APP/PROC/WEB OUT Exit status 143",
      "CELL OUT Cell cell-1 destroying container for instance i-1",
      "CELL OUT Cell cell-1 successfully destroyed container for instance i-1",
    ],
  );
});

test("an app that ends crashes with its exit status, and says so when the memory limit killed it", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", async () => 3);
  bench.garden.programs.set("/greedy", async ({ terminated }) => {
    await terminated;
    return 0;
  });
  await using executor = await bench.start();
  await executor.client.allocate([lrpRequest("i-1"), lrpRequest("i-2")]);
  await executor.client.run("i-1", runInfo());
  const crashed = await inState(executor, "i-1", "completed");
  assert.deepEqual(crashed.result, {
    failed: true,
    failureReason: "APP/PROC/WEB: Exited with status 3",
    retryable: false,
    stopped: false,
  });
  await executor.client.run("i-2", runInfo({ action: runAction("/greedy") }));
  await inState(executor, "i-2", "running");
  bench.garden.outOfMemory("i-2");
  const killed = await inState(executor, "i-2", "completed");
  assert.equal(killed.result.failureReason, "APP/PROC/WEB: Exited with status 137 (out of memory)");
  assert.ok(bench.logs().includes("APP/PROC/WEB OUT Exit status 137 (out of memory)"));
});

test("an app that does not end by itself is killed after its grace", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", () => new Promise<number>(() => undefined));
  await using executor = await bench.start({ gracefulShutdownMs: 50 });
  await executor.client.allocate([lrpRequest("i-1")]);
  await executor.client.run("i-1", runInfo());
  await inState(executor, "i-1", "running");
  const process = [...bench.garden.containers.get("i-1")!.processes.values()][0]!;
  await executor.client.stop("i-1");
  const { result } = await inState(executor, "i-1", "completed");
  assert.deepEqual(process.signals, ["TERM", "KILL"]);
  assert.equal(result.stopped, true);
  assert.ok(bench.logs().includes("APP/PROC/WEB OUT Exit status 137 (exceeded 50ms graceful shutdown interval)"));
});

test("an app that never listens crashes with the check's own words", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", async ({ terminated }) => {
    await terminated;
    return 0;
  });
  await using executor = await bench.start();
  await executor.client.allocate([lrpRequest("i-1")]);
  const checkDefinition = { checks: [tcpCheck], readinessChecks: [], logSource: "" };
  await executor.client.run("i-1", runInfo({ startTimeoutMs: 120, checkDefinition }));
  const { result, internalIp } = await inState(executor, "i-1", "completed");
  assert.match(
    result.failureReason,
    new RegExp(
      `^Instance never healthy after \\d+ms: Timed out after 120ms \\(\\d+ attempts\\) waiting for startup check to succeed: failed to make TCP connection to ${internalIp}:8080: dial tcp ${internalIp}:8080: connect: connection refused$`,
    ),
  );
  assert.ok(
    bench.logs().some((line) => /^CELL ERR Failed after \d+ms: startup health check never passed\.$/.test(line)),
  );
});

test("liveness ends an instance that stops answering; readiness only takes it out of the pool", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", async ({ container, terminated }) => {
    container.listening.add(8080);
    await terminated;
    return 0;
  });
  await using executor = await bench.start({ unhealthyIntervalMs: 20 });
  await executor.client.allocate([lrpRequest("i-1")]);
  const readinessCheck = { ...tcpCheck, port: 9090, intervalMs: 20 };
  const checkDefinition = { checks: [tcpCheck], readinessChecks: [readinessCheck], logSource: "" };
  await executor.client.run("i-1", runInfo({ checkDefinition }));
  const running = await inState(executor, "i-1", "running");
  assert.equal(running.routable, false);
  const { listening } = bench.garden.containers.get("i-1")!;
  listening.add(9090);
  await eventually(() => executor.client.get("i-1")?.routable === true, "routable");
  listening.delete(9090);
  await eventually(() => executor.client.get("i-1")?.routable === false, "not routable");
  listening.delete(8080);
  const { result } = await inState(executor, "i-1", "completed");
  assert.match(result.failureReason, /^Instance became unhealthy: Liveness check unsuccessful: failed to make TCP/);
  assert.ok(bench.logs().includes("CELL ERR Container became unhealthy"));
});

test("an instance that is ready before it is healthy is routable as soon as it runs", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", async ({ container, terminated }) => {
    container.listening.add(9090);
    await terminated;
    return 0;
  });
  await using executor = await bench.start({ unhealthyIntervalMs: 20 });
  await executor.client.allocate([lrpRequest("i-1")]);
  const readinessCheck = { ...tcpCheck, port: 9090, intervalMs: 20 };
  const checkDefinition = { checks: [tcpCheck], readinessChecks: [readinessCheck], logSource: "" };
  await executor.client.run("i-1", runInfo({ checkDefinition }));
  await eventually(() => bench.logs().some((line) => line.includes("Container marked ready")), "ready");
  assert.equal(executor.client.get("i-1")?.state, "created");
  bench.garden.containers.get("i-1")!.listening.add(8080);
  await inState(executor, "i-1", "running");
  assert.equal(executor.client.get("i-1")?.routable, true);
});

test("a staging task downloads, runs, uploads, and leaves its result", async (t) => {
  const bench = await executorBench(t);
  const archive = await tgz({ "package.json": "{}" });
  const from = "http://cc/v3/packages/p-1/download";
  bench.answers.set(from, async () => ({ status: 200, body: archive, etag: '"1"' }));
  let uploaded = "";
  bench.answers.set("http://uploader/v1/droplet/1", async (request) => {
    uploaded = String(request.body);
    return { status: 201, body: Buffer.alloc(0) };
  });
  bench.garden.programs.set("/tmp/lifecycle/builder", async ({ container, stdout }) => {
    assert.equal(container.files.get("/tmp/app/package.json"), "{}");
    stdout("compiling\n");
    container.files.set("/tmp/droplet", "droplet bytes");
    container.files.set("/tmp/result.json", '{"ok":true}');
    return 0;
  });
  await using executor = await bench.start();
  await executor.client.allocate([taskRequest("t-1", "cf-app-staging")]);
  const checksumValue = createHash("sha256").update(archive).digest("hex");
  await executor.client.run(
    "t-1",
    runInfo({
      ports: [],
      resultFile: "/tmp/result.json",
      logConfig: { guid: "app-1", index: 0, sourceName: "STG", tags: {} },
      cachedDependencies: [
        { name: "buildpack_app_lifecycle", from: "http://file-server/x", to: "/tmp/lifecycle", cacheKey: "lifecycle" },
      ],
      action: {
        kind: "timeout",
        timeoutMs: 5_000,
        action: {
          kind: "serial",
          actions: [
            {
              kind: "download",
              artifact: "app package",
              from,
              to: "/tmp/app",
              cacheKey: "",
              user: "vcap",
              checksumAlgorithm: "sha256",
              checksumValue,
            },
            {
              kind: "emit-progress",
              action: runAction("/tmp/lifecycle/builder", { logSource: "" }),
              startMessage: "Staging...",
              successMessage: "Staging complete",
              failureMessagePrefix: "Staging failed",
            },
            {
              kind: "upload",
              artifact: "droplet",
              from: "/tmp/droplet",
              to: "http://uploader/v1/droplet/1",
              user: "vcap",
            },
          ],
        },
      },
    }),
  );
  const { result } = await inState(executor, "t-1", "completed");
  assert.deepEqual(result, { failed: false, failureReason: "", retryable: false, stopped: false });
  assert.equal(uploaded, "droplet bytes");
  assert.equal(await executor.client.readFile("t-1", "/tmp/result.json", 1000, signal), '{"ok":true}');
  await assert.rejects(executor.client.readFile("t-1", "/tmp/result.json", 5, signal), /too large/);
  const mounts = bench.garden.containers.get("t-1")!.spec.bindMounts.map(({ destinationPath }) => destinationPath);
  assert.deepEqual(mounts, ["/tmp/lifecycle", "/tmp/lifecycle/node", "/etc/cf-instance-credentials"]);
  assert.deepEqual(bench.logs().slice(2), [
    "STG OUT Downloading app package...",
    `STG OUT Downloaded app package (${archive.length}B)`,
    "STG OUT Staging...",
    "STG OUT compiling",
    "STG OUT Exit status 0",
    "STG OUT Staging complete",
    "STG OUT Uploading droplet...",
    "STG OUT Uploaded droplet (13B)",
  ]);
});

test("a download whose checksum is wrong, and a failing run, fail the task with the right words", async (t) => {
  const bench = await executorBench(t);
  bench.answers.set("http://cc/p", async () => ({ status: 200, body: Buffer.from("bad") }));
  bench.garden.programs.set("/app", async () => 223);
  await using executor = await bench.start();
  await executor.client.allocate([taskRequest("t-1"), taskRequest("t-2")]);
  const download = {
    kind: "download",
    artifact: "app",
    from: "http://cc/p",
    to: "/tmp",
    cacheKey: "",
    user: "vcap",
  } as const;
  await executor.client.run(
    "t-1",
    runInfo({ action: { ...download, checksumAlgorithm: "sha1", checksumValue: "00" } }),
  );
  assert.equal((await inState(executor, "t-1", "completed")).result.failureReason, "Downloading app failed");
  await executor.client.run(
    "t-2",
    runInfo({ action: { kind: "timeout", action: runAction("/app"), timeoutMs: 60_000 } }),
  );
  assert.equal(
    (await inState(executor, "t-2", "completed")).result.failureReason,
    "APP/PROC/WEB: Exited with status 223",
  );
});

test("a task over its time is stopped and says so", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", async ({ terminated }) => {
    await terminated;
    return 143;
  });
  await using executor = await bench.start();
  await executor.client.allocate([taskRequest("t-1")]);
  await executor.client.run(
    "t-1",
    runInfo({ action: { kind: "timeout", action: runAction("/app"), timeoutMs: 1500 } }),
  );
  const { result } = await inState(executor, "t-1", "completed");
  assert.equal(result.failureReason, "exceeded 1.5s timeout");
});

test("a container that cannot be created may be tried elsewhere", async (t) => {
  const bench = await executorBench(t);
  bench.garden.createError = new Error("no space left on device");
  await using executor = await bench.start();
  await executor.client.allocate([taskRequest("t-1")]);
  await executor.client.run("t-1", runInfo());
  const { result } = await inState(executor, "t-1", "completed");
  assert.deepEqual(result, {
    failed: true,
    failureReason: "failed to create container: no space left on device",
    retryable: true,
    stopped: false,
  });
});

test("what does not fit is refused and takes nothing", async (t) => {
  const bench = await executorBench(t);
  await using executor = await bench.start();
  const refused = await executor.client.allocate([
    lrpRequest("big", { memoryMb: 5000 }),
    lrpRequest("i-1"),
    lrpRequest("i-1"),
  ]);
  assert.deepEqual(
    refused.map(({ guid, reason }) => `${guid}: ${reason}`),
    ["big: insufficient resources available", "i-1: container guid not available"],
  );
  assert.equal(executor.client.remainingResources().memoryMb, 1792);
});

test("a reservation that nobody runs expires", async (t) => {
  const bench = await executorBench(t);
  await using executor = await bench.start({ reservationMs: 10, reapIntervalMs: 20 });
  await executor.client.allocate([lrpRequest("i-1")]);
  const { result } = await inState(executor, "i-1", "completed");
  assert.equal(result.failureReason, "expired container");
});

test("new tags reach log lines and metrics", async (t) => {
  const bench = await executorBench(t);
  bench.garden.programs.set("/app", async ({ stdout, terminated }) => {
    await terminated;
    stdout("bye\n");
    return 0;
  });
  await using executor = await bench.start();
  await executor.client.allocate([lrpRequest("i-1")]);
  await executor.client.run("i-1", runInfo());
  await inState(executor, "i-1", "running");
  await executor.client.update("i-1", { metricTags: { source_id: "app-1", app_name: "renamed" } });
  await executor.client.stop("i-1");
  await inState(executor, "i-1", "completed");
  const bye = bench.envelopes.find((one) => one.kind === "log" && Buffer.from(one.payload).toString() === "bye");
  assert.equal(bye?.tags["app_name"], "renamed");
});
