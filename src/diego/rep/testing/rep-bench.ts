import type { Clock } from "../../../kit/clock.ts";
import { systemClock } from "../../../kit/clock-system.ts";
import { silentLog } from "../../../kit/log.ts";
import { systemRandom } from "../../../kit/random-system.ts";
import type { CellWork, ResourceNeed } from "../../../protocol/cell.ts";
import type { ActualLrp, DesiredLrp } from "../../../protocol/lrp.ts";
import type { Task } from "../../../protocol/task.ts";
import type { BbsClient, BbsEvacuationClient } from "../../bbs/client.ts";
import type { AllocationRequest, Container, ExecutorClient, RunInfo } from "../../executor/client.ts";
import type { LocketClient, LocketResource } from "../../locket/client.ts";
import type { RepConfig } from "../config.ts";
import { type StartedRep, startRep } from "../rep.ts";

/** The BBS's refusal, as its client throws it. */
export class Refusal extends Error {
  readonly type: string;
  constructor(type: string) {
    super(type);
    this.type = type;
  }
}

/** Containers that do only what the test says. */
export class FakeExecutor implements ExecutorClient {
  readonly containers = new Map<string, Container>();
  readonly destroyed: string[] = [];
  readonly stopped: string[] = [];
  readonly files = new Map<string, string>();
  runError: Error | null = null;
  #listener: ((guid: string) => void) | null = null;

  async allocate(requests: readonly AllocationRequest[]): Promise<{ guid: string; reason: string }[]> {
    const refused = requests.filter(({ need }) => need.memoryMb > 1000);
    for (const request of requests) {
      if (refused.includes(request)) continue;
      this.put(container(request));
    }
    return refused.map(({ guid }) => ({ guid, reason: "insufficient resources available" }));
  }

  /** Sets the container and tells of it. */
  put(next: Container): void {
    this.containers.set(next.guid, next);
    this.#listener?.(next.guid);
  }

  async run(guid: string, run: RunInfo): Promise<void> {
    if (this.runError !== null) throw this.runError;
    const held = this.containers.get(guid);
    if (held === undefined) throw new Error(`container not found: ${guid}`);
    this.containers.set(guid, { ...held, state: "initializing", run });
  }

  /** As when the container's processes come up, or end. */
  become(guid: string, change: Partial<Container>): void {
    this.put({ ...this.containers.get(guid)!, ...change });
  }

  async update(guid: string, change: Parameters<ExecutorClient["update"]>[1]): Promise<void> {
    const held = this.containers.get(guid)!;
    const metricsConfig = { ...held.run!.metricsConfig, tags: change.metricTags ?? {} };
    this.containers.set(guid, {
      ...held,
      run: { ...held.run!, metricsConfig, internalRoutes: change.internalRoutes ?? [] },
    });
  }

  async stop(guid: string): Promise<void> {
    this.stopped.push(guid);
  }

  async destroy(guid: string): Promise<void> {
    if (this.containers.delete(guid)) this.destroyed.push(guid);
  }

  get(guid: string): Container | null {
    return this.containers.get(guid) ?? null;
  }

  list(): readonly Container[] {
    return [...this.containers.values()];
  }

  totalResources() {
    return { memoryMb: 1000, diskMb: 1000, containers: 10 };
  }

  remainingResources() {
    return { memoryMb: 900, diskMb: 900, containers: 9 };
  }

  async readFile(_guid: string, path: string): Promise<string> {
    const text = this.files.get(path);
    if (text === undefined) throw new Error("not found");
    return text;
  }

  onChange(listener: (guid: string) => void): Disposable {
    this.#listener = listener;
    return {
      [Symbol.dispose]: () => {
        this.#listener = null;
      },
    };
  }
}

/** Notes every call; answers what the test has set. */
export class FakeBbs {
  readonly calls: string[] = [];
  readonly refusals = new Map<string, Error>();
  /** False: the BBS's books say that the task runs here already. */
  startsTasks = true;
  /** Whether an evacuating instance has to stay: its replacement does not run yet. */
  keepsContainers = true;
  actual: ActualLrp[] = [];
  running: Task[] = [];
  readonly #call = (name: string, ...details: unknown[]): void => {
    this.calls.push([name, ...details].join(" "));
    const refusal = this.refusals.get(name);
    if (refusal !== undefined) throw refusal;
  };

  readonly client = {
    actualLrps: async () => this.actual,
    tasks: async () => this.running,
    claimActualLrp: async (key: { index: number }) => this.#call("claim", key.index),
    startActualLrp: async (start: Parameters<BbsClient["startActualLrp"]>[0]) =>
      this.#call(
        "start",
        start.key.index,
        start.netInfo.preferredAddress,
        start.routable,
        JSON.stringify(start.metricTags),
      ),
    crashActualLrp: async (key: { index: number }, _instance: unknown, reason: string) =>
      this.#call("crash", key.index, reason),
    removeActualLrp: async (key: { index: number }) => this.#call("remove", key.index),
    evacuateClaimedActualLrp: async (key: { index: number }) => {
      this.#call("evacuateClaimed", key.index);
      return false;
    },
    evacuateRunningActualLrp: async (start: Parameters<BbsClient["startActualLrp"]>[0]) => {
      this.#call("evacuateRunning", start.key.index, start.netInfo.preferredAddress, start.routable);
      return this.keepsContainers;
    },
    evacuateCrashedActualLrp: async (key: { index: number }, _instance: unknown, reason: string) => {
      this.#call("evacuateCrashed", key.index, reason);
      return false;
    },
    evacuateStoppedActualLrp: async (key: { index: number }) => {
      this.#call("evacuateStopped", key.index);
      return false;
    },
    removeEvacuatingActualLrp: async (key: { index: number }) => this.#call("removeEvacuating", key.index),
    desiredLrpByProcessGuid: async () => {
      this.#call("desired");
      return desiredLrp;
    },
    startTask: async (guid: string) => {
      this.#call("startTask", guid);
      return this.startsTasks;
    },
    taskByGuid: async (taskGuid: string) => ({ ...task, taskGuid }),
    rejectTask: async (guid: string, reason: string) => this.#call("reject", guid, reason),
    completeTask: async (
      guid: string,
      _cell: string,
      outcome: { failed: boolean; failureReason: string; result: string },
    ) => this.#call("complete", guid, outcome.failed, outcome.failureReason, outcome.result),
  } as unknown as BbsClient & BbsEvacuationClient;
}

export class FakeLocket implements LocketClient {
  held: LocketResource | null = null;
  released = 0;
  answers = true;

  async lock(resource: LocketResource): Promise<void> {
    if (!this.answers) throw new Error("connection refused");
    this.held = resource;
  }

  async release(): Promise<void> {
    this.released++;
    this.held = null;
  }

  async fetch(): Promise<LocketResource | null> {
    return this.held;
  }

  async fetchAll(): Promise<LocketResource[]> {
    return this.held === null ? [] : [this.held];
  }
}

export interface RepBench {
  readonly executor: FakeExecutor;
  readonly bbs: FakeBbs;
  readonly locket: FakeLocket;
  start(config?: Partial<RepConfig>): Promise<StartedRep>;
}

/** Time that runs `factor` times as fast. */
export function fastClock(factor: number): Clock {
  const real = systemClock();
  return {
    ...real,
    steadyMs: () => real.steadyMs() * factor,
    sleep: (ms, signal) => real.sleep(ms / factor, signal),
    deadline: (ms, signal) => real.deadline(Math.ceil(ms / factor), signal),
  };
}

export function repBench(clock: Clock = systemClock()): RepBench {
  const executor = new FakeExecutor();
  const bbs = new FakeBbs();
  const locket = new FakeLocket();
  return {
    executor,
    bbs,
    locket,
    start: (config = {}) =>
      startRep(
        {
          cellId: "cell-1",
          zone: "z1",
          repUrl: "",
          repAddress: "",
          capacity: { memoryMb: 1000, diskMb: 1000, containers: 10 },
          stacks: ["cflinuxfs4"],
          ...config,
        },
        { clock, random: systemRandom(), log: silentLog(), bbs: bbs.client, locket, executor },
      ),
  };
}

const need: ResourceNeed = {
  memoryMb: 100,
  diskMb: 100,
  maxPids: 10,
  rootfs: "preloaded:cflinuxfs4",
  placementTags: [],
  volumeDrivers: [],
};

export function lrpWork(index: number, more: Partial<ResourceNeed> = {}): CellWork {
  const key = { processGuid: "p", index, domain: "cf-apps" };
  return { cellId: "cell-1", lrps: [{ ...need, ...more, key, instanceGuid: `i-${index}` }], tasks: [] };
}

export function taskWork(taskGuid: string, more: Partial<ResourceNeed> = {}): CellWork {
  return { cellId: "cell-1", lrps: [], tasks: [{ ...need, ...more, taskGuid, domain: "cf-tasks" }] };
}

export function container(request: AllocationRequest, more: Partial<Container> = {}): Container {
  return {
    ...request,
    state: "reserved",
    run: null,
    routable: false,
    allocatedAtMs: 0,
    externalIp: "192.0.2.1",
    internalIp: "10.0.0.2",
    ports: [{ containerPort: 8080, hostPort: 61001 }],
    memoryLimitBytes: 0,
    diskLimitBytes: 0,
    layer: null,
    result: { failed: false, failureReason: "", retryable: false, stopped: false },
    ...more,
  };
}

export function lrpContainer(index: number, more: Partial<Container> = {}): Container {
  const key = { processGuid: "p", index, domain: "cf-apps" };
  return container({ guid: `i-${index}`, owner: { kind: "lrp", key, instanceGuid: `i-${index}` }, need }, more);
}

export function taskContainer(taskGuid: string, more: Partial<Container> = {}): Container {
  return container({ guid: taskGuid, owner: { kind: "task", taskGuid, domain: "cf-tasks" }, need }, more);
}

export function actualLrp(index: number, state: ActualLrp["state"] = "RUNNING"): ActualLrp {
  return {
    key: { processGuid: "p", index, domain: "cf-apps" },
    instanceKey: { instanceGuid: `i-${index}`, cellId: "cell-1" },
    state,
  } as unknown as ActualLrp;
}

const common = {
  rootfs: "preloaded:cflinuxfs4",
  environmentVariables: [{ name: "LANG", value: "en_US.UTF-8" }],
  action: { kind: "run", path: "/app", args: [], env: [], user: "vcap" },
  diskMb: 100,
  memoryMb: 100,
  cpuWeight: 0,
  maxPids: 10,
  privileged: false,
  logSource: "CELL",
  logGuid: "app-1",
  metricsGuid: "app-1",
  egressRules: [],
  cachedDependencies: [],
  placementTags: [],
  volumeDrivers: [],
  certificateOrganizationalUnits: ["app:app-1"],
  imageUsername: "",
  imagePassword: "",
  logRateLimitBytesPerSecond: 100,
  networkProperties: { app_id: "app-1" },
} as const;

export const desiredLrp: DesiredLrp = {
  ...common,
  processGuid: "p",
  domain: "cf-apps",
  instances: 1,
  setup: null,
  monitor: null,
  startTimeoutMs: 60_000,
  ports: [8080],
  routes: { "internal-router": [{ hostname: "a.apps.internal" }] },
  annotation: "",
  checkDefinition: null,
  metricTags: {
    app_name: { kind: "static", value: "web" },
    instance_id: { kind: "dynamic", value: "INDEX" },
    process_instance_id: { kind: "dynamic", value: "INSTANCE_GUID" },
  },
  sidecars: [],
  modificationTag: { epoch: "e", index: 0 },
};

export const task: Task = {
  taskGuid: "t-1",
  domain: "cf-tasks",
  definition: {
    ...common,
    resultFile: "/tmp/result",
    completionCallbackUrl: "",
    annotation: "",
    metricTags: { app_name: { kind: "static", value: "web" } },
  },
  state: "RUNNING",
  createdAtNs: 0n,
  updatedAtNs: 0n,
  firstCompletedAtNs: 0n,
  cellId: "cell-1",
  result: "",
  failed: false,
  failureReason: "",
  rejectionCount: 0,
  rejectionReason: "",
};

/** Waits for a condition, at most four seconds. */
export async function eventually(look: () => boolean, what: string): Promise<void> {
  const clock = systemClock();
  const endMs = clock.steadyMs() + 4_000;
  while (!look()) {
    if (clock.steadyMs() > endMs) throw new Error(`never came: ${what}`);
    await clock.sleep(2);
  }
}
