import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { ProcessLauncher, Subprocess } from "../kit/subprocess.ts";
import type { EgressRule } from "../protocol/action.ts";
import type { Backend } from "./backend.ts";
import type {
  ContainerInfo,
  ContainerMetrics,
  ContainerSpec,
  GardenClient,
  GardenProcess,
  Isolation,
  ProcessIo,
  ProcessSpec,
} from "./client.ts";
import type { GardenConfig } from "./config.ts";
import type { ContainerRecord } from "./container-record.ts";
import { copyOut } from "./copy-out.ts";
import { isAccepted } from "./dial.ts";
import { GardenError } from "./errors.ts";
import { listeningPorts } from "./host-network-ports.ts";
import { ADDRESS_REST_MS, mapPorts } from "./network/address-pool.ts";
import { ProcessTable } from "./process-table.ts";
import type { Registry } from "./registry.ts";
import { streamIn, streamOut } from "./tar-stream.ts";

/** What handles and process ids may look like: they are file names, cgroup names and words of command lines. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/;

export interface GardenParts {
  readonly config: GardenConfig;
  readonly backend: Backend;
  readonly registry: Registry;
  readonly bootId: string;
  readonly hostAddress: string;
  readonly capacity: { readonly memoryBytes: number; readonly diskBytes: number };
}

export interface GardenPartsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly subprocess: Subprocess & ProcessLauncher;
}

/** Containers and their processes, whatever keeps them apart. */
export class Garden implements GardenClient {
  readonly isolation: Isolation;
  readonly layerIdOffset: number | null;
  readonly #parts: GardenParts;
  readonly #deps: GardenPartsDeps;
  readonly #processes: ProcessTable;
  /** Creations and removals under way, by handle: the next one waits. */
  readonly #changes = new Map<string, Promise<unknown>>();
  /** Starts somewhere of this Ingot's own, so that several on one machine rarely want the same port. */
  #lastHostPort: number;

  constructor(parts: GardenParts, deps: GardenPartsDeps) {
    this.isolation = parts.backend.isolation;
    this.layerIdOffset = parts.backend.layerIdOffset;
    this.#parts = parts;
    this.#deps = deps;
    this.#processes = new ProcessTable(parts.backend, deps);
    const { hostPorts, stateHash } = parts.config;
    this.#lastHostPort = hostPorts.first + (Number.parseInt(stateHash.slice(0, 7), 16) % hostPorts.count);
  }

  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#parts.registry.setting("subnet"); // the disk still answers
  }

  async capacity(): Promise<{
    readonly memoryBytes: number;
    readonly diskBytes: number;
    readonly maxContainers: number;
  }> {
    return { ...this.#parts.capacity, maxContainers: this.#parts.config.maxContainers };
  }

  create(spec: ContainerSpec, signal: AbortSignal): Promise<ContainerInfo> {
    return this.#inTurn(spec.handle, () => this.#create(spec, signal));
  }

  destroy(handle: string, _signal?: AbortSignal): Promise<void> {
    // Not given up half-way: what has begun to be removed is of no use to anybody.
    return this.#inTurn(handle, () => this.#destroy(handle));
  }

  async list(properties: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const wanted = Object.entries(properties);
    return this.#parts.registry
      .all()
      .filter((record) => record.state === "active" && wanted.every(([key, value]) => record.properties[key] === value))
      .map(({ handle }) => handle);
  }

  async info(handle: string): Promise<ContainerInfo> {
    return this.#infoOf(this.#active(handle));
  }

  async metrics(handles: readonly string[]): Promise<ReadonlyMap<string, ContainerMetrics>> {
    const { backend, registry } = this.#parts;
    const found = new Map<string, ContainerMetrics>();
    for (const handle of handles) {
      const record = registry.get(handle);
      const reading = record?.state === "active" ? backend.read(record, this.#folder(handle)) : null;
      if (record === undefined || reading === null) continue;
      found.set(handle, {
        ...reading,
        memoryLimitBytes: record.spec.memoryLimitBytes,
        diskLimitBytes: record.spec.diskLimitBytes,
        ageNs: BigInt(Math.max(0, this.#deps.clock.nowMs() - record.createdAtMs)) * 1_000_000n,
      });
    }
    return found;
  }

  async run(handle: string, spec: ProcessSpec, io: ProcessIo, signal: AbortSignal): Promise<GardenProcess> {
    if (!NAME.test(spec.id)) throw new GardenError("invalid", `process id ${JSON.stringify(spec.id)}`);
    signal.throwIfAborted();
    return await this.#processes.run(this.#running(handle), this.#folder(handle), spec, io);
  }

  async attach(handle: string, processId: string, io: ProcessIo, signal: AbortSignal): Promise<GardenProcess> {
    signal.throwIfAborted();
    if (!NAME.test(processId)) throw new GardenError("not-found", `unknown process: ${processId}`);
    return this.#processes.attach(this.#active(handle), this.#folder(handle), processId, io);
  }

  async streamIn(
    handle: string,
    to: { readonly path: string; readonly user: string },
    tar: Readable,
    signal: AbortSignal,
  ): Promise<void> {
    const { backend } = this.#parts;
    await streamIn(backend, this.#running(handle), this.#folder(handle), to, tar, signal);
  }

  async streamOut(
    handle: string,
    from: { readonly path: string; readonly user: string },
    signal: AbortSignal,
  ): Promise<Readable> {
    const { backend } = this.#parts;
    return await streamOut(backend, this.#running(handle), this.#folder(handle), from, signal);
  }

  async copyOut(
    handle: string,
    from: { readonly path: string; readonly user: string },
    to: { readonly file: string; readonly bytesMax: number },
    signal: AbortSignal,
  ): Promise<number | null> {
    const { backend } = this.#parts;
    const { subprocess } = this.#deps;
    return await copyOut(backend, this.#running(handle), this.#folder(handle), from, to, subprocess, signal);
  }

  async bulkNetOut(handle: string, rules: readonly EgressRule[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { backend, registry } = this.#parts;
    const record: ContainerRecord = { ...this.#active(handle), egressRules: rules };
    await backend.replaceEgress(record);
    registry.put({ ...this.#active(handle), egressRules: rules });
  }

  async setProperty(handle: string, key: string, value: string): Promise<void> {
    const { registry } = this.#parts;
    const record = this.#active(handle);
    registry.put({ ...record, properties: { ...record.properties, [key]: value } });
  }

  async dial(handle: string, port: number, timeoutMs: number): Promise<boolean> {
    const { host, port: realPort } = this.#parts.backend.endpoint(this.#active(handle), port);
    return await isAccepted(host, realPort, this.#deps.clock.deadline(timeoutMs));
  }

  /** Takes up what an earlier run of the platform left: running containers go on, half-made and half-removed ones end. */
  async adopt(): Promise<void> {
    const { registry, backend, bootId } = this.#parts;
    for (const record of registry.all()) {
      // After a reboot nothing of them runs; what their processes printed last is still there to be read.
      if (record.state === "active" && record.bootId === bootId) continue;
      this.#deps.log.info("removing what is left of a container", { handle: record.handle, state: record.state });
      await this.destroy(record.handle).catch((error) =>
        this.#deps.log.warn("container stays for the next start", { handle: record.handle, error }),
      );
    }
    await mkdir(this.#folder(""), { recursive: true, mode: 0o700 });
    for (const handle of await readdir(this.#folder(""))) {
      if (registry.get(handle) !== undefined) continue;
      await backend.destroy(handle, undefined, this.#folder(handle));
      await removeFolder(this.#folder(handle));
    }
  }

  /** Every container ends. */
  async destroyContainers(): Promise<void> {
    await Promise.all(this.#parts.registry.all().map(({ handle }) => this.destroy(handle)));
  }

  /** Stops following processes; they go on. */
  letGo(): void {
    this.#processes.letGo();
  }

  async #create(spec: ContainerSpec, signal: AbortSignal): Promise<ContainerInfo> {
    const { registry, backend, config, bootId } = this.#parts;
    const { handle } = spec;
    if (!NAME.test(handle)) throw new GardenError("invalid", `handle ${JSON.stringify(handle)}`);
    if (registry.get(handle) !== undefined) throw new GardenError("exists", `handle ${handle} is in use`);
    if (backend.layerIdOffset === null && (spec.layers ?? []).length > 0) {
      throw new GardenError("unavailable", `${backend.isolation} isolation takes no layers`);
    }
    const stackId = await backend.stackFor(spec.rootfs);
    signal.throwIfAborted();
    if (config.maxContainers > 0 && registry.all().length >= config.maxContainers) {
      throw new GardenError("exhausted", `${config.maxContainers} containers are the limit here`);
    }
    // No await from picking to noting: two creations never pick the same.
    const noted: ContainerRecord = {
      handle,
      spec,
      state: "creating",
      bootId,
      createdAtMs: this.#deps.clock.nowMs(),
      address: backend.pickAddress(),
      mappedPorts: this.#pickPorts(spec),
      stackId,
      init: null,
      properties: spec.properties,
      egressRules: spec.egressRules,
    };
    registry.put(noted);
    try {
      await mkdir(join(this.#folder(handle), "processes"), { recursive: true, mode: 0o700 });
      const init = await backend.create(noted, this.#folder(handle));
      signal.throwIfAborted();
      const record: ContainerRecord = { ...noted, state: "active", init };
      registry.put(record);
      return this.#infoOf(record);
    } catch (error) {
      await this.#destroy(handle).catch((again) =>
        this.#deps.log.warn("a half-made container stays for the next start", { handle, error: again }),
      );
      throw error;
    }
  }

  async #destroy(handle: string): Promise<void> {
    const { registry, backend } = this.#parts;
    const record = registry.get(handle);
    if (record === undefined) return;
    registry.put({ ...record, state: "destroying" });
    this.#processes.forget(handle);
    await backend.destroy(handle, record, this.#folder(handle));
    await removeFolder(this.#folder(handle));
    registry.remove(handle, this.#deps.clock.nowMs(), ADDRESS_REST_MS);
  }

  #pickPorts(spec: ContainerSpec): ContainerRecord["mappedPorts"] {
    const { registry, config, backend } = this.#parts;
    const used = new Set(registry.all().flatMap(({ mappedPorts }) => mappedPorts.map(({ hostPort }) => hostPort)));
    if (!backend.hasAddresses && spec.netIn.length > 0) for (const port of listeningPorts()) used.add(port);
    const mapped = mapPorts(spec.netIn, config.hostPorts, this.#lastHostPort, used);
    this.#lastHostPort = mapped.last;
    return mapped.ports;
  }

  #infoOf(record: ContainerRecord): ContainerInfo {
    const { backend, hostAddress } = this.#parts;
    return {
      handle: record.handle,
      state: backend.isUp(record) ? "active" : "stopped",
      hostIp: backend.gatewayAddress ?? "127.0.0.1",
      containerIp: record.address ?? "127.0.0.1",
      externalIp: hostAddress,
      mappedPorts: record.mappedPorts,
      properties: record.properties,
      events: backend.oomKills(record) > 0 ? ["out of memory"] : [],
    };
  }

  #active(handle: string): ContainerRecord {
    const record = this.#parts.registry.get(handle);
    if (record?.state !== "active") throw new GardenError("not-found", `unknown handle: ${handle}`);
    return record;
  }

  #running(handle: string): ContainerRecord {
    const record = this.#active(handle);
    if (!this.#parts.backend.isUp(record)) throw new GardenError("failed", `container ${handle} has stopped`);
    return record;
  }

  #folder(handle: string): string {
    const containers = join(this.#parts.config.root, "containers");
    return handle === "" ? containers : join(containers, handle);
  }

  async #inTurn<T>(handle: string, work: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(handle);
    const mine = (before === undefined ? Promise.resolve() : before.catch(() => undefined)).then(work);
    this.#changes.set(handle, mine);
    try {
      return await mine;
    } finally {
      if (this.#changes.get(handle) === mine) this.#changes.delete(handle);
    }
  }
}

/** The parent of a process that ends just now may still write into it: what comes in between is removed as well. */
async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 8, retryDelay: 25 });
}
