import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { BbsClient } from "../../diego/bbs/client.ts";
import { systemClock } from "../../kit/clock-system.ts";
import { EventHub } from "../../kit/event-hub.ts";
import { socketHttpClient } from "../../kit/http-client.ts";
import { silentLog } from "../../kit/log.ts";
import type { ActualLrp, DesiredLrp, LrpEvent } from "../../protocol/lrp.ts";
import { startCcBridge } from "./bridge.ts";
import type { CloudControllerSource, CrashReport } from "./client.ts";
import { defaultBridgeConfig } from "./config.ts";
import { containerMetrics } from "./container-metrics.ts";
import { BridgeError } from "./errors.ts";
import { instanceReports } from "./instance-reports.ts";
import { lrpGuidOf, type ProcessToRun } from "./model.ts";
import { webProcess } from "./samples.test-data.ts";

const signal = new AbortController().signal;
const clock = systemClock();

class FakeBbsError extends Error {
  readonly type: string;
  constructor(type: string) {
    super(type);
    this.type = type;
  }
}

/** As much of a BBS as the bridge asks for. */
function fakeBbs() {
  const lrps = new Map<string, DesiredLrp>();
  const domains: string[] = [];
  const events = new EventHub<LrpEvent>();
  const client: Partial<BbsClient> = {
    desireLrp: async (lrp) => {
      if (lrps.has(lrp.processGuid)) throw new FakeBbsError("ResourceExists");
      lrps.set(lrp.processGuid, lrp);
    },
    updateDesiredLrp: async (guid, update) => {
      const lrp = lrps.get(guid);
      if (lrp === undefined) throw new FakeBbsError("ResourceNotFound");
      lrps.set(guid, { ...lrp, ...update });
    },
    removeDesiredLrp: async (guid) => {
      if (!lrps.delete(guid)) throw new FakeBbsError("ResourceNotFound");
    },
    desiredLrpSchedulingInfos: async () => [...lrps.values()],
    tasks: async () => [],
    upsertDomain: async (domain) => void domains.push(domain),
    lrpEvents: (stop) => events.subscribe(stop),
  };
  return { client: client as BbsClient, lrps, domains, events };
}

function fakeSource(processes: Map<string, ProcessToRun>) {
  const crashes: CrashReport[] = [];
  const state = { broken: false };
  const source: CloudControllerSource = {
    processesToRun: async () => {
      if (state.broken) throw new Error("database is locked");
      return [...processes.values()];
    },
    processToRun: async (guid) => processes.get(guid) ?? null,
    unfinishedTasks: async () => [],
    taskToRun: async () => null,
    taskSent: async () => undefined,
    failTask: async () => undefined,
    unfinishedBuilds: async () => [],
    buildToStage: async () => null,
    failBuild: async () => undefined,
    processCrashed: async (_guid, _version, crash) => void crashes.push(crash),
    readinessChanged: async () => undefined,
  };
  return { source, crashes, state };
}

async function bridgeOn(t: TestContext, bbs: BbsClient) {
  const folder = await mkdtemp(join(tmpdir(), "ingot-bridge-"));
  const logCache = { put: () => undefined, read: () => [], meta: () => new Map() };
  const bridge = await startCcBridge(
    { ...defaultBridgeConfig(join(folder, "cc-uploader.sock")), syncIntervalMs: 20 },
    { bbs, logCache, http: socketHttpClient(), clock, log: silentLog(), pause: async () => undefined },
  );
  t.after(async () => {
    await bridge[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  return { bridge, folder };
}

async function eventually(condition: () => boolean): Promise<void> {
  const limit = clock.deadline(5_000);
  while (!condition()) await clock.sleep(5, limit);
}

test("a started process is desired, a change updates it, a new version replaces the old LRP", async (t) => {
  const bbs = fakeBbs();
  const processes = new Map([[webProcess.guid, webProcess]]);
  const { bridge } = await bridgeOn(t, bbs.client);
  await assert.rejects(bridge.client.processChanged(webProcess.guid, [], signal), BridgeError);
  bridge.attach(fakeSource(processes).source);
  await bridge.client.processChanged(webProcess.guid, [], signal);
  assert.equal(bbs.lrps.get(lrpGuidOf(webProcess))?.instances, 2);
  processes.set(webProcess.guid, { ...webProcess, instances: 3, annotation: "later" });
  await bridge.client.processChanged(webProcess.guid, [], signal);
  assert.equal(bbs.lrps.get(lrpGuidOf(webProcess))?.instances, 3);
  const next = { ...webProcess, version: "b0000000-0000-4000-8000-000000000003" };
  processes.set(webProcess.guid, next);
  await bridge.client.processChanged(webProcess.guid, [webProcess.version], signal);
  assert.deepEqual([...bbs.lrps.keys()], [lrpGuidOf(next)]);
  processes.delete(webProcess.guid);
  await bridge.client.processChanged(webProcess.guid, [next.version], signal);
  assert.equal(bbs.lrps.size, 0);
});

test("the sync repairs what was lost, and never deletes or refreshes when the Cloud Controller cannot be read", async (t) => {
  const bbs = fakeBbs();
  const stray = `${webProcess.guid}-b0000000-0000-4000-8000-00000000dead`;
  bbs.lrps.set(stray, { processGuid: stray, annotation: "" } as DesiredLrp);
  const { source, state } = fakeSource(new Map([[webProcess.guid, webProcess]]));
  let readings = 0;
  const counting = {
    ...source,
    processesToRun: (limit: AbortSignal) => {
      readings++;
      return source.processesToRun(limit);
    },
  };
  state.broken = true;
  const { bridge } = await bridgeOn(t, bbs.client);
  bridge.attach(counting);
  await eventually(() => readings >= 2);
  assert.deepEqual([...bbs.lrps.keys()], [stray]);
  assert.ok(!bbs.domains.includes("cf-apps"));
  state.broken = false;
  await eventually(() => bbs.domains.includes("cf-apps"));
  assert.deepEqual([...bbs.lrps.keys()], [lrpGuidOf(webProcess)]);
});

test("a crash reaches the Cloud Controller, also after the event stream broke", async (t) => {
  const bbs = fakeBbs();
  const { source, crashes } = fakeSource(new Map());
  const { bridge } = await bridgeOn(t, bbs.client);
  bridge.attach(source);
  await eventually(() => bbs.events.readerCount === 1);
  bbs.events.close();
  await eventually(() => bbs.events.readerCount === 1);
  bbs.events.publish({
    kind: "actual_lrp_crashed",
    key: { processGuid: lrpGuidOf(webProcess), index: 1, domain: "cf-apps" },
    instanceKey: { instanceGuid: "i1", cellId: "cell-1" },
    crashCount: 2,
    crashReason: "APP/PROC/WEB: Exited with status 1",
    sinceNs: 5n,
  });
  await eventually(() => crashes.length === 1);
  assert.equal(crashes[0]?.exitDescription, "APP/PROC/WEB: Exited with status 1");
});

test("stats take the newest record and metrics of each index; missing instances are DOWN", () => {
  const lrp: ActualLrp = {
    key: { processGuid: lrpGuidOf(webProcess), index: 0, domain: "cf-apps" },
    instanceKey: { instanceGuid: "i0", cellId: "cell-1" },
    netInfo: null,
    crashCount: 0,
    crashReason: "",
    state: "RUNNING",
    placementError: "",
    sinceNs: 1_000_000_000n,
    modificationTag: { epoch: "", index: 0 },
    presence: "ORDINARY",
    metricTags: {},
    internalRoutes: [],
    routable: true,
    availabilityZone: "",
  };
  const gauge = (timestampNs: bigint, cpu: number) => ({
    kind: "gauge" as const,
    timestampNs,
    sourceId: webProcess.appGuid,
    instanceId: "0",
    tags: { process_id: webProcess.guid },
    metrics: {
      cpu: { unit: "percentage", value: cpu },
      memory: { unit: "bytes", value: 7 },
      disk: { unit: "bytes", value: 8 },
      log_rate: { unit: "B/s", value: 9 },
      memory_quota: { unit: "bytes", value: 100 },
    },
  });
  const logCache = { put: () => undefined, read: () => [gauge(9n, 50), gauge(8n, 99)], meta: () => new Map() };
  const metrics = containerMetrics(logCache, webProcess.appGuid, webProcess.guid, 10n);
  const reports = instanceReports(
    2,
    [{ ...lrp, sinceNs: 0n, state: "CLAIMED" }, lrp],
    { isolationSegment: null },
    metrics,
    3_500_000_000n,
  );
  assert.equal(reports[0]?.state, "RUNNING");
  assert.equal(reports[0]?.uptimeSeconds, 2);
  assert.equal(reports[0]?.placed?.usage?.cpu, 0.5);
  assert.equal(reports[0]?.placed?.usage?.memoryBytes, 7);
  assert.equal(reports[0]?.placed?.memoryQuotaBytes, 100);
  assert.deepEqual(reports[1], { index: 1, state: "DOWN", uptimeSeconds: 0, placed: null });
  assert.equal(instanceReports(1, [lrp], null, metrics, 0n)[0]?.state, "STOPPING");
});

test("cc-uploader passes a droplet on as a form, only to the Cloud Controller", async (t) => {
  const { folder } = await bridgeOn(t, fakeBbs().client);
  const received: string[] = [];
  const ccSocket = join(folder, "cc.sock");
  const cc = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    received.push(Buffer.concat(chunks).toString());
    response.end("{}");
  });
  await new Promise<void>((done) => cc.listen(ccSocket, done));
  t.after(() => cc.close());
  const { startCcUploader } = await import("./cc-uploader.ts");
  const socketPath = join(folder, "second.sock");
  await using _uploader = await startCcUploader(
    { socketPath, ccInternalUrl: "https://cc.test:9023" },
    {
      http: socketHttpClient((host) => (host === "cc.test:9023" ? { socketPath: ccSocket } : null)),
      clock,
      log: silentLog(),
    },
  );
  const post = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const call = request({ socketPath, method: "POST", path, headers: { "content-length": 7 } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      call.on("error", reject);
      call.end("droplet");
    });
  const target = encodeURIComponent("https://cc.test:9023/internal/v4/droplets/b1/upload");
  assert.equal(await post(`/v1/droplet/b1?cc-droplet-upload-uri=${target}&timeout=900`), 200);
  assert.match(received[0] ?? "", /name="upload\[droplet\]"; filename="droplet.tgz"[\s\S]*\r\n\r\ndroplet\r\n--/);
  const elsewhere = encodeURIComponent("https://169.254.169.254/internal/");
  assert.equal(await post(`/v1/droplet/b1?cc-droplet-upload-uri=${elsewhere}`), 400);
  assert.equal(await post("/v1/nothing/b1"), 404);
});
