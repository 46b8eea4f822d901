import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { GardenClient } from "../../garden/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { Subprocess } from "../../kit/subprocess.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import { CachedDownloads } from "./cached-downloads.ts";
import type { ExecutorClient } from "./client.ts";
import { type ExecutorConfig, type FullExecutorConfig, withDefaults } from "./config.ts";
import { CONTAINER_MISSING, ContainerNode, containerNotFound, RESERVATION_EXPIRED } from "./container-node.ts";
import { OWNER_PROPERTY } from "./container-spec.ts";
import { reserve } from "./container-state.ts";
import { ExecutorError } from "./errors.ts";
import { InstanceCredentials, type InstanceIdentity } from "./instance-credentials.ts";
import { DropletLayers } from "./layers/droplet-layers.ts";
import { Limiter } from "./limiter.ts";
import { MetricsReporter } from "./metrics-reporter.ts";
import type { AllocationRequest, Container, RunInfo } from "./model.ts";
import { ResourceLedger } from "./resource-ledger.ts";
import type { ExecutorStore } from "./store.ts";
import { openExecutorStore } from "./store-sqlite.ts";

export interface ExecutorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly garden: GardenClient;
  readonly agent: AgentClient;
  readonly http: HttpClient;
  readonly identity: InstanceIdentity;
  readonly subprocess: Subprocess;
}

export interface StartedExecutor extends AsyncDisposable {
  readonly client: ExecutorClient;
}

/**
 * Opens the notes, adopts what still runs, destroys what nobody knows. Resolves when all are accounted for; the adopted
 * go on in the background. Disposal leaves the containers running: the next start finds them.
 */
export async function startExecutor(config: ExecutorConfig, deps: ExecutorDeps): Promise<StartedExecutor> {
  const full = withDefaults(config);
  await mkdir(dirname(full.databasePath), { recursive: true });
  await mkdir(full.credentialsPath, { recursive: true });
  const downloads = await CachedDownloads.open(full.cachePath, full.cacheBytesMax, deps);
  const layers = await DropletLayers.open(
    {
      root: full.layersPath,
      bytesMax: full.layersBytesMax,
      layerIdOffset: deps.garden.layerIdOffset,
      runtimesPath: full.lifecyclePath === "" ? "" : join(full.lifecyclePath, "runtimes"),
    },
    deps,
  );
  const executor = new Executor(full, openExecutorStore(full.databasePath), downloads, layers, deps);
  await executor.adopt();
  executor.startLoops();
  return executor;
}

/** How long disposal waits for calls under way to notice that they shall end. */
const SETTLE_MS = 5_000;

class Executor implements ExecutorClient, StartedExecutor {
  readonly #config: FullExecutorConfig;
  readonly #deps: ExecutorDeps;
  readonly #store: ExecutorStore;
  readonly #layers: DropletLayers;
  readonly #credentials: InstanceCredentials;
  readonly #ledger: ResourceLedger;
  readonly #metrics: MetricsReporter;
  readonly #nodes = new Map<string, ContainerNode>();
  readonly #listeners = new Set<(guid: string) => void>();
  readonly #detach = new AbortController();
  readonly #nodeDeps: ConstructorParameters<typeof ContainerNode>[2];
  #loops: Promise<unknown> = Promise.resolve();

  constructor(
    config: FullExecutorConfig,
    store: ExecutorStore,
    downloads: CachedDownloads,
    layers: DropletLayers,
    deps: ExecutorDeps,
  ) {
    this.#config = config;
    this.#deps = deps;
    this.#store = store;
    this.#layers = layers;
    this.#credentials = new InstanceCredentials(config.credentialsPath, deps.identity);
    this.#ledger = new ResourceLedger(config.capacity);
    this.#metrics = new MetricsReporter({
      ...deps,
      entitlement: { cpuCount: config.cpuCount, cellMemoryMb: config.capacity.memoryMb },
    });
    this.#nodeDeps = {
      ...deps,
      config,
      store,
      downloads,
      layers,
      credentials: this.#credentials,
      createLimiter: new Limiter(config.createsMax),
      downloadLimiter: new Limiter(config.downloadsMax),
      uploadLimiter: new Limiter(config.uploadsMax),
      detached: this.#detach.signal,
      changed: (guid) => this.#changed(guid),
    };
  }

  get client(): ExecutorClient {
    return this;
  }

  /** Notes against Garden: each container is adopted, finished or destroyed. */
  async adopt(): Promise<void> {
    const { garden, log, clock } = this.#deps;
    const inGarden = new Set(await garden.list({ [OWNER_PROPERTY]: this.#config.cellId }));
    const notes = this.#store.all();
    for (const { container, doneSteps } of notes) {
      this.#nodes.set(container.guid, new ContainerNode(container, doneSteps, this.#nodeDeps));
      this.#ledger.force(container.need);
    }
    const unknown = [...inGarden].filter((guid) => !this.#nodes.has(guid));
    await Promise.all(
      unknown.map((guid) =>
        garden.destroy(guid, clock.deadline(120_000, this.#detach.signal)).catch((error: unknown) => {
          log.error("unknown container could not be destroyed", { guid, error });
        }),
      ),
    );
    for (const guid of await readdir(this.#config.credentialsPath)) {
      if (!this.#nodes.has(guid)) await this.#credentials.remove(guid);
    }
    for (const node of this.#nodes.values()) node.resume(inGarden.has(node.container.guid));
    await this.#layers.sweep();
    if (notes.length + unknown.length > 0) {
      log.info("containers found", { noted: notes.length, inGarden: inGarden.size, destroyed: unknown.length });
    }
  }

  startLoops(): void {
    this.#loops = Promise.all([
      this.#every(this.#config.metricsIntervalMs, () => this.#metrics.report([...this.#nodes.values()])),
      this.#every(this.#config.reapIntervalMs, () => this.#reap()),
    ]);
  }

  async allocate(
    requests: readonly AllocationRequest[],
  ): Promise<readonly { readonly guid: string; readonly reason: string }[]> {
    const refused: { guid: string; reason: string }[] = [];
    const taken: string[] = [];
    for (const request of requests) {
      if (this.#nodes.has(request.guid)) {
        refused.push({ guid: request.guid, reason: "container guid not available" });
      } else if (!this.#ledger.take(request.need)) {
        refused.push({ guid: request.guid, reason: "insufficient resources available" });
      } else {
        const container = reserve(request, this.#deps.clock.nowMs());
        this.#nodes.set(request.guid, new ContainerNode(container, [], this.#nodeDeps));
        this.#store.put(container);
        taken.push(request.guid);
      }
    }
    if (taken.length > 0) await this.#store.durable();
    for (const guid of taken) this.#changed(guid);
    return refused;
  }

  async run(guid: string, run: RunInfo): Promise<void> {
    this.#node(guid).run(run);
    await this.#store.durable();
  }

  async update(guid: string, change: Parameters<ExecutorClient["update"]>[1]): Promise<void> {
    await this.#node(guid).update(change);
  }

  async stop(guid: string): Promise<void> {
    await this.#node(guid).stop();
  }

  async destroy(guid: string): Promise<void> {
    const node = this.#nodes.get(guid);
    if (node === undefined) return;
    await node.destroy();
    if (this.#nodes.get(guid) !== node) return;
    this.#nodes.delete(guid);
    this.#metrics.forget(guid);
    this.#ledger.giveBack(node.container.need);
  }

  get(guid: string): Container | null {
    return this.#nodes.get(guid)?.container ?? null;
  }

  list(): readonly Container[] {
    return [...this.#nodes.values()].map((node) => node.container);
  }

  totalResources(): ResourceLedger["total"] {
    return this.#ledger.total;
  }

  remainingResources(): ResourceLedger["remaining"] {
    return this.#ledger.remaining;
  }

  async readFile(guid: string, path: string, bytesMax: number, signal: AbortSignal): Promise<string> {
    this.#node(guid);
    const file = join(this.#config.cachePath, `${this.#deps.random.guid()}.result`);
    const size = await this.#deps.garden.copyOut(guid, { path, user: "root" }, { file, bytesMax }, signal);
    if (size === null) {
      throw new ExecutorError("result-too-large", `result file is too large (over ${bytesMax} bytes)`);
    }
    try {
      return await readFile(file, "utf8");
    } finally {
      await rm(file, { force: true });
    }
  }

  onChange(listener: (guid: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    this.#detach.abort(new Error("the platform goes away"));
    await this.#loops;
    const settled = new AbortController();
    await Promise.race([
      Promise.all([...this.#nodes.values()].map((node) => node.settled())),
      this.#deps.clock.sleep(SETTLE_MS, settled.signal).catch(() => undefined),
    ]);
    settled.abort();
    this.#layers[Symbol.dispose]();
    this.#store[Symbol.dispose]();
  }

  #node(guid: string): ContainerNode {
    const node = this.#nodes.get(guid);
    if (node === undefined) throw containerNotFound(guid);
    return node;
  }

  #changed(guid: string): void {
    const node = this.#nodes.get(guid);
    // `cf app` shows figures as soon as the instance runs, not at the next interval.
    if (node?.container.state === "running") void this.#metrics.preview(node).catch(() => undefined);
    for (const listener of this.#listeners) listener(guid);
  }

  /** Diego: containerstore/containerreaper.go, registrypruner.go; credentials: credmanager.go */
  async #reap(): Promise<void> {
    const { garden, clock } = this.#deps;
    // Read before Garden's list: a container created in between must not look lost.
    const before = [...this.#nodes.values()].filter((node) => node.isInGarden);
    const inGarden = new Set(await garden.list({ [OWNER_PROPERTY]: this.#config.cellId }));
    for (const node of before) {
      if (node.isInGarden && !inGarden.has(node.container.guid)) node.complete(true, CONTAINER_MISSING, false);
    }
    for (const node of this.#nodes.values()) {
      const { state, allocatedAtMs } = node.container;
      const isExpired = state === "reserved" && clock.nowMs() - allocatedAtMs >= this.#config.reservationMs;
      if (isExpired) node.complete(true, RESERVATION_EXPIRED, false);
      else await node.renewCredentials();
    }
  }

  async #every(intervalMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#detach;
    while (!signal.aborted) {
      await this.#deps.clock.sleep(intervalMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await work().catch((error: unknown) => {
        if (!signal.aborted) this.#deps.log.warn("a regular look at the containers failed", { error });
      });
    }
  }
}
