import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, lchown, mkdir, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import { isAlive, type ProcessIdentity } from "../../kit/process-identity.ts";
import type { Subprocess } from "../../kit/subprocess.ts";
import type { Backend, BackendReading, ProcessStart } from "../backend.ts";
import type { ProcessSpec } from "../client.ts";
import { type GardenConfig, ID_MAP } from "../config.ts";
import type { ContainerRecord } from "../container-record.ts";
import { GardenError } from "../errors.ts";
import { mountPoints } from "../mount-table.ts";
import { pickAddress } from "../network/address-pool.ts";
import { ContainerNetwork } from "../network/container-network.ts";
import { egressRules } from "../network/egress-rules.ts";
import type { NftContainer } from "../network/nft-ruleset.ts";
import type { Subnet } from "../network/subnet.ts";
import { processEnvironment } from "../process-environment.ts";
import { signalProcess } from "../process-folder.ts";
import type { Registry } from "../registry.ts";
import { builtStacks, removeHostStack } from "../stack/host-stack.ts";
import type { StackShelf } from "../stack/stack-shelf.ts";
import { userAccount } from "../user-account.ts";
import { type CgroupLayout, readCgroup, readOomKills } from "./cgroup.ts";
import { layerBytes, layerPaths, scratchLimitBytes } from "./layers.ts";
import { ociConfig } from "./oci-config.ts";
import { ociProcess } from "./oci-process.ts";
import { Runc } from "./runc.ts";
import { mountRootfs, scratchUsageBytes, unmountRootfs } from "./scratch-disk.ts";
import { removeStrayCgroups } from "./stray-cgroups.ts";

/** A killed first process is gone within milliseconds, and all others of its namespace before it. */
const KILL_WAIT_MS = 10_000;
const KILL_LOOK_MS = 3;

export interface ContainerBackendDeps {
  readonly subprocess: Subprocess;
  readonly clock: Clock;
  readonly log: Log;
}

/** Containers in the full sense: runc, namespaces, cgroups, overlay, own network. Needs root. */
export class ContainerBackend implements Backend {
  readonly isolation = "container";
  readonly hasAddresses = true;
  readonly layerIdOffset = ID_MAP.firstHostId;
  readonly notes: string[];
  readonly gatewayAddress: string;
  readonly #config: GardenConfig;
  readonly #deps: ContainerBackendDeps;
  readonly #registry: Registry;
  readonly #cgroups: CgroupLayout;
  readonly #runc: Runc;
  readonly #network: ContainerNetwork;
  readonly #subnet: Subnet;
  readonly #stacks: StackShelf;
  /** Everything mounted for containers: their ids may pass through here, no other account of the machine may. */
  readonly #mountRoot: string;
  readonly #nofileMax: number;
  #lastAddress: string | null = null;

  constructor(
    parts: {
      readonly config: GardenConfig;
      readonly registry: Registry;
      readonly cgroups: CgroupLayout;
      readonly subnet: Subnet;
      readonly mtu: number;
      readonly stacks: StackShelf;
      readonly mountRoot: string;
      readonly nofileMax: number;
    },
    deps: ContainerBackendDeps,
  ) {
    const { config, subnet, mtu } = parts;
    this.#config = config;
    this.#deps = deps;
    this.#registry = parts.registry;
    this.#cgroups = parts.cgroups;
    this.#subnet = subnet;
    this.#stacks = parts.stacks;
    this.#mountRoot = parts.mountRoot;
    this.#nofileMax = parts.nofileMax;
    this.gatewayAddress = subnet.gateway;
    this.#runc = new Runc(join(parts.mountRoot, "runc"), deps);
    const { stateHash, dnsPort, relayPorts } = config;
    this.#network = new ContainerNetwork({ stateHash, subnet, mtu, dnsPort, relayPorts }, deps);
    this.notes = [
      `containers: runc, cgroup v${parts.cgroups.version}, network ${subnet.cidr}, disk limit by one ext4 file each` +
        (parts.cgroups.swapAccounting ? "" : "; this kernel does not count swap"),
    ];
  }

  /** Bridge, packet filter and the folder of mounts; containers of these records go on as they are. */
  async start(records: readonly ContainerRecord[]): Promise<void> {
    await mkdir(this.#mountRoot, { recursive: true, mode: 0o700 });
    await lchown(this.#mountRoot, ID_MAP.firstHostId, ID_MAP.firstHostId);
    await chmod(this.#mountRoot, 0o700);
    await this.#network.start(
      records.filter((record) => this.isUp(record)).map((record) => this.#nftContainer(record)),
    );
  }

  async stackFor(rootfs: string): Promise<string> {
    return (await this.#stacks.get(rootfs)).id;
  }

  pickAddress(): string {
    const used = new Set(this.#registry.all().flatMap(({ address }) => address ?? []));
    const { freedAddresses } = this.#registry;
    this.#lastAddress = pickAddress(this.#subnet, this.#lastAddress, used, freedAddresses, this.#deps.clock.nowMs());
    return this.#lastAddress;
  }

  async create(record: ContainerRecord, folder: string): Promise<ProcessIdentity> {
    const { spec, handle } = record;
    const network = this.#nftContainer(record); // first: wrong rules fail before anything is made
    const layers = layerPaths(spec);
    const limitBytes = scratchLimitBytes(spec);
    const stack = await this.#stacks.get(spec.rootfs);
    const rootfsPath = this.#rootfsPath(handle);
    const hostname = handle.replace(/[^A-Za-z0-9-]/g, "-").slice(0, 63);
    await mountRootfs(
      {
        folder,
        limitBytes,
        lowerPaths: [...layers, stack.skeletonPath],
        rootfsPath,
        etcFiles: {
          hostname: `${hostname}\n`,
          hosts: `127.0.0.1 localhost\n${record.address} ${hostname}\n`,
          "resolv.conf": `nameserver ${this.gatewayAddress}\noptions timeout:2 attempts:3\n`,
        },
      },
      this.#deps,
    );
    const config = ociConfig({
      hostname,
      rootfsPath,
      usrPath: stack.usrPath,
      cgroupsPath: this.#cgroupPath(handle),
      swapAccounting: this.#cgroups.swapAccounting,
      memoryLimitBytes: spec.memoryLimitBytes,
      cpuShares: spec.cpuShares,
      pidsMax: spec.pidsMax,
      bindMounts: spec.bindMounts,
      arch: process.arch,
    });
    const init = await this.#runc.run(handle, folder, config);
    await this.#network.attach(init.pid, network);
    return init;
  }

  async destroy(handle: string, record: ContainerRecord | undefined, folder: string): Promise<void> {
    if (record?.init) await this.#kill(record.init);
    const address = record?.address ?? null;
    await Promise.all([this.#runc.delete(handle), address === null ? undefined : this.#network.detach(address)]);
    await unmountRootfs(folder, this.#rootfsPath(handle), this.#deps);
  }

  isUp(record: ContainerRecord): boolean {
    return record.init !== null && isAlive(record.init);
  }

  async processStart(
    record: ContainerRecord,
    spec: ProcessSpec,
    _folder: string,
    processFolder: string,
  ): Promise<ProcessStart> {
    const file = await this.#writeProcess(record, spec, processFolder);
    return { mode: "pid-file", command: this.#runc.execDetachedCommand(record.handle, file, processFolder) };
  }

  signalTarget(started: ProcessIdentity): ProcessIdentity {
    return started;
  }

  async toolCommand(
    record: ContainerRecord,
    user: string,
    args: readonly string[],
    folder: string,
  ): Promise<readonly string[]> {
    const [path, ...rest] = args;
    const spec: ProcessSpec = { id: "tool", path: path!, args: rest, user, dir: "/", env: [] };
    // The same tool with the same words is the same file: nothing piles up, and a writer beside it writes the same.
    const digest = createHash("sha256")
      .update(JSON.stringify([user, args]))
      .digest("hex")
      .slice(0, 16);
    const file = await this.#writeProcess(record, spec, folder, `tool-${digest}`);
    return this.#runc.execCommand(record.handle, file);
  }

  innerPath(_record: ContainerRecord, path: string): string {
    return path;
  }

  read(record: ContainerRecord, folder: string): BackendReading | null {
    const reading = readCgroup(this.#cgroups, this.#cgroupPath(record.handle));
    if (reading === null) return null;
    const scratchBytes = scratchUsageBytes(folder, record.spec.diskLimitBytes);
    return { ...reading, diskUsageBytes: layerBytes(record.spec) + scratchBytes };
  }

  oomKills(record: ContainerRecord): number {
    return readOomKills(this.#cgroups, this.#cgroupPath(record.handle));
  }

  async replaceEgress(record: ContainerRecord): Promise<void> {
    await this.#network.replaceEgress(this.#nftContainer(record));
  }

  endpoint(record: ContainerRecord, port: number): { readonly host: string; readonly port: number } {
    return { host: record.address!, port };
  }

  async removeStrays(known: () => readonly ContainerRecord[]): Promise<void> {
    const states = existsSync(this.#runc.root) ? await readdir(this.#runc.root) : [];
    const rootfsPrefix = `${this.#rootfsPath("")}/`;
    const mounts = (await mountPoints()).filter((path) => path.startsWith(rootfsPrefix));
    const found = new Set([...states, ...mounts.map((path) => path.slice(rootfsPrefix.length))]);
    // Looked up after listing: a container is known before anything of it exists.
    const handles = new Set(known().map(({ handle }) => handle));
    for (const handle of found) {
      if (handles.has(handle)) continue;
      this.#deps.log.warn("removing a container that nobody knows", { handle });
      await this.destroy(handle, undefined, join(this.#config.root, "containers", handle));
    }
    await this.#network.removeStrays(() => known().flatMap(({ address }) => address ?? []));
    await removeStrayCgroups(
      this.#cgroups,
      this.#cgroupPath(""),
      () => known().map(({ handle }) => handle),
      this.#deps.log,
    );
    const current = await this.#stacks.currentIds();
    const inUse = new Set([...current, ...known().map(({ stackId }) => stackId)]);
    const stacksRoot = join(this.#config.root, "stacks");
    for (const id of await builtStacks(stacksRoot)) {
      if (!inUse.has(id)) await removeHostStack(id, stacksRoot, this.#mountRoot, this.#deps);
    }
  }

  async destroyAll(): Promise<void> {
    const stacksRoot = join(this.#config.root, "stacks");
    for (const id of await builtStacks(stacksRoot)) await removeHostStack(id, stacksRoot, this.#mountRoot, this.#deps);
    await this.#network.destroy();
    await removeStrayCgroups(this.#cgroups, this.#cgroupPath(""), () => [], this.#deps.log);
    for (const folder of ["runc", "stacks", "rootfs", ""]) {
      await rmdir(join(this.#mountRoot, folder)).catch(() => undefined); // what is not empty stays, and is seen
    }
  }

  async #kill(init: ProcessIdentity): Promise<void> {
    const { clock } = this.#deps;
    if (!signalProcess(init, "SIGKILL")) return;
    const untilMs = clock.steadyMs() + KILL_WAIT_MS;
    while (isAlive(init)) {
      if (clock.steadyMs() > untilMs) throw new GardenError("failed", `process ${init.pid} does not end`);
      await clock.sleep(KILL_LOOK_MS);
    }
  }

  async #writeProcess(record: ContainerRecord, spec: ProcessSpec, folder: string, name = "process"): Promise<string> {
    const user = userAccount(spec.user);
    const environment = processEnvironment(record.spec.environment, spec.env, user);
    const file = join(folder, `${name}.json`);
    await writeFile(file, JSON.stringify(ociProcess(spec, environment, user, this.#nofileMax)), { mode: 0o600 });
    return file;
  }

  #rootfsPath(handle: string): string {
    return handle === "" ? join(this.#mountRoot, "rootfs") : join(this.#mountRoot, "rootfs", handle);
  }

  #cgroupPath(handle: string): string {
    const parent = `/ingot-${this.#config.stateHash.slice(0, 8)}`;
    return handle === "" ? parent : `${parent}/${handle}`;
  }

  #nftContainer(record: ContainerRecord): NftContainer {
    return { address: record.address!, mappedPorts: record.mappedPorts, egress: egressRules(record.egressRules) };
  }
}
