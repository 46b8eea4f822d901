import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { TestContext } from "node:test";
import { systemClock } from "../../../kit/clock-system.ts";
import type { HttpClient, HttpRequest } from "../../../kit/http-client.ts";
import { silentLog } from "../../../kit/log.ts";
import { systemRandom } from "../../../kit/random-system.ts";
import { systemSubprocess } from "../../../kit/subprocess.ts";
import type { RunAction } from "../../../protocol/action.ts";
import type { Envelope, GaugeEnvelope, LogEnvelope } from "../../../protocol/envelope.ts";
import type { ExecutorConfig } from "../config.ts";
import { type StartedExecutor, startExecutor } from "../executor.ts";
import type { AllocationRequest, Container, RunInfo } from "../model.ts";
import { FakeGarden } from "./fake-garden.ts";

/** An executor in a temporary folder with a fake Garden, and everything it says. */
export interface ExecutorBench {
  readonly garden: FakeGarden;
  readonly envelopes: Envelope[];
  readonly requests: HttpRequest[];
  /** Answers by URL. */
  readonly answers: Map<string, (request: HttpRequest) => Promise<{ status: number; body: Buffer; etag?: string }>>;
  readonly folder: string;
  start(config?: Partial<ExecutorConfig>): Promise<StartedExecutor>;
  logs(): string[];
  gauges(): GaugeEnvelope[];
}

export async function executorBench(t: TestContext): Promise<ExecutorBench> {
  const folder = await mkdtemp(join(tmpdir(), "ingot-executor-"));
  await mkdir(join(folder, "lifecycle"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const garden = new FakeGarden();
  const envelopes: Envelope[] = [];
  const requests: HttpRequest[] = [];
  const answers: ExecutorBench["answers"] = new Map();
  const http: HttpClient = {
    request: async (request) => {
      requests.push(request);
      const sent = request.bodyFile === undefined ? request.body : await readFile(request.bodyFile);
      const answer = answers.get(request.url);
      if (answer === undefined) throw new Error("connect ECONNREFUSED");
      const { status, body, etag } = await answer({ ...request, ...(sent === undefined ? {} : { body: sent }) });
      return { status, headers: etag === undefined ? {} : { etag }, body: Readable.from([body]) };
    },
  };
  return {
    garden,
    envelopes,
    requests,
    answers,
    folder,
    start: (config = {}) =>
      startExecutor(
        {
          cellId: "cell-1",
          databasePath: join(folder, "executor.sqlite"),
          cachePath: join(folder, "cache"),
          layersPath: join(folder, "layers"),
          credentialsPath: join(folder, "credentials"),
          capacity: { memoryMb: 2048, diskMb: 4096, containers: 10 },
          lifecyclePath: join(folder, "lifecycle"),
          nodePath: "/opt/node",
          trustedCertificatesPath: "",
          cpuCount: 2,
          ...config,
        },
        {
          clock: systemClock(),
          random: systemRandom(),
          log: silentLog(),
          garden,
          agent: { emit: (envelope) => void envelopes.push(envelope) },
          http,
          subprocess: systemSubprocess(),
          identity: { issue: async ({ guid, ip }) => ({ certPem: `cert ${guid} ${ip}`, keyPem: `key ${guid}` }) },
        },
      ),
    logs: () =>
      envelopes
        .filter((envelope): envelope is LogEnvelope => envelope.kind === "log")
        .map(({ tags, type, payload }) => `${tags["source_type"]} ${type} ${Buffer.from(payload).toString()}`),
    gauges: () => envelopes.filter((envelope) => envelope.kind === "gauge"),
  };
}

export function runAction(path: string, more: Partial<RunAction> = {}): RunAction {
  return { kind: "run", path, args: [], user: "vcap", env: [], logSource: "APP/PROC/WEB", ...more };
}

export function lrpRequest(guid: string, more: Partial<AllocationRequest["need"]> = {}): AllocationRequest {
  const key = { processGuid: "process-1", index: 0, domain: "cf-apps" };
  return { guid, owner: { kind: "lrp", key, instanceGuid: guid }, need: { ...need, ...more } };
}

export function taskRequest(guid: string, domain = "cf-tasks"): AllocationRequest {
  return { guid, owner: { kind: "task", taskGuid: guid, domain }, need };
}

const need = {
  memoryMb: 256,
  diskMb: 512,
  maxPids: 100,
  rootfs: "preloaded:cflinuxfs4",
  placementTags: [],
  volumeDrivers: [],
};

export function runInfo(more: Partial<RunInfo> = {}): RunInfo {
  const tags = { source_id: "app-1", process_type: "web", instance_id: "0" };
  return {
    rootfs: "preloaded:cflinuxfs4",
    cpuWeight: 10,
    ports: [8080],
    internalRoutes: [],
    logConfig: { guid: "app-1", index: 0, sourceName: "CELL", tags },
    metricsConfig: { guid: "app-1", index: 0, tags },
    startTimeoutMs: 2_000,
    privileged: false,
    cachedDependencies: [],
    setup: null,
    action: runAction("/app"),
    monitor: null,
    checkDefinition: null,
    egressRules: [],
    env: [{ name: "LANG", value: "en_US.UTF-8" }],
    networkProperties: { app_id: "app-1" },
    certificateOrganizationalUnits: ["app:app-1"],
    sidecars: [],
    logRateLimitBytesPerSecond: -1,
    resultFile: "",
    ...more,
  };
}

/** Waits for a condition, at most five seconds. */
export async function eventually<T>(look: () => T | false | null | undefined, what = "condition"): Promise<T> {
  const clock = systemClock();
  const endMs = clock.steadyMs() + 5_000;
  for (;;) {
    const found = look();
    if (found !== false && found !== null && found !== undefined) return found;
    if (clock.steadyMs() > endMs) throw new Error(`never came: ${what}`);
    await clock.sleep(5);
  }
}

export function inState(executor: StartedExecutor, guid: string, state: Container["state"]): Promise<Container> {
  return eventually(() => {
    const container = executor.client.get(guid);
    return container?.state === state ? container : null;
  }, `${guid} ${state}`);
}
