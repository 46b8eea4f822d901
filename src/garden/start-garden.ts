import { mkdirSync, readFileSync, statfsSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
import type { ProcessLauncher, Subprocess } from "../kit/subprocess.ts";
import type { Backend } from "./backend.ts";
import type { GardenClient, Isolation } from "./client.ts";
import type { GardenConfig } from "./config.ts";
import { detectCgroups, makeRoomForCgroups } from "./container/cgroup.ts";
import { ContainerBackend } from "./container/container-backend.ts";
import { GardenError } from "./errors.ts";
import { Garden } from "./garden.ts";
import { chooseIsolation, probeMachine } from "./isolation.ts";
import { bridgeName } from "./network/container-network.ts";
import { defaultRoute, type MachineRoutes, machineRoutes } from "./network/machine-routes.ts";
import { chooseSubnet, parseSubnet, type Subnet } from "./network/subnet.ts";
import { killOrphanedCommands } from "./orphans.ts";
import { ProcessBackend } from "./process/process-backend.ts";
import { Registry } from "./registry.ts";
import { SandboxBackend } from "./sandbox/sandbox-backend.ts";
import { buildPlainStack, mountHostStack } from "./stack/host-stack.ts";
import { packageLayer } from "./stack/package-layer.ts";
import { StackShelf } from "./stack/stack-shelf.ts";

export interface GardenDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly subprocess: Subprocess & ProcessLauncher;
}

export interface RunningGarden extends AsyncDisposable {
  readonly client: GardenClient;
  readonly isolation: Isolation;
  /** The bridge's address: router and DNS listen there for containers. Loopback where containers have no network. */
  readonly gatewayAddress: string;
  /** What is in force here and what is lost, a line each. */
  readonly notes: readonly string[];
  /** Ends every container and takes away all that Garden made outside its folder: mounts, bridge, tables, cgroups. */
  destroyAll(): Promise<void>;
}

const MTU_DEFAULT = 1500;

/**
 * Containers of this machine. Takes up what an earlier run left, then resolves; stacks go on being made, and the first
 * `create` waits for them. Disposal lets go: containers and their processes stay alive for the next start.
 * Throws kind `unavailable` when the wanted isolation cannot be had.
 */
export async function startGarden(config: GardenConfig, deps: GardenDeps): Promise<RunningGarden> {
  if (!/^[0-9a-f]{8,}$/.test(config.stateHash)) throw new GardenError("invalid", "stateHash: 8 hex digits or more");
  if (/[,:\\\s]/.test(config.root)) {
    throw new GardenError("invalid", `state folder ${config.root}: no blanks, commas, colons or backslashes, please`);
  }
  const choice = chooseIsolation(config.isolation, probeMachine());
  if ("impossible" in choice) throw new GardenError("unavailable", choice.impossible);
  mkdirSync(config.root, { recursive: true, mode: 0o700 });
  const registry = new Registry(join(config.root, "garden.sqlite"));
  const stop = new AbortController();
  try {
    killOrphanedCommands([join(config.root, "containers"), mountRootOf(config)]);
    const routes = await machineRoutes(deps);
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const backend = await startBackend(choice.isolation, config, registry, routes, bootId, stop.signal, deps);
    const parts = {
      config,
      backend,
      registry,
      bootId,
      hostAddress: config.externalAddress ?? defaultRoute(routes)?.address ?? "127.0.0.1",
      capacity: capacityOf(config),
    };
    const garden = new Garden(parts, deps);
    await garden.adopt();
    const tidying = backend
      .removeStrays(() => registry.all())
      .catch((error) => deps.log.warn("leftovers stay for the next start", { error }));
    let closed = false;
    return {
      client: garden,
      isolation: backend.isolation,
      gatewayAddress: backend.gatewayAddress ?? "127.0.0.1",
      notes: [...choice.passedOver, ...backend.notes],
      destroyAll: async () => {
        stop.abort(new GardenError("unavailable", "Garden stops"));
        await tidying;
        await garden.destroyContainers();
        await backend.destroyAll();
      },
      [Symbol.asyncDispose]: async () => {
        stop.abort(new GardenError("unavailable", "Garden stops"));
        garden.letGo();
        await tidying;
        if (!closed) registry[Symbol.dispose]();
        closed = true;
      },
    };
  } catch (error) {
    registry[Symbol.dispose]();
    throw error;
  }
}

async function startBackend(
  isolation: Isolation,
  config: GardenConfig,
  registry: Registry,
  routes: MachineRoutes,
  bootId: string,
  stopped: AbortSignal,
  deps: GardenDeps,
): Promise<Backend> {
  const nofileMax = hardLimitOfOpenFiles();
  const stacksRoot = join(config.root, "stacks");
  const making = { ...deps, signal: stopped };
  if (isolation !== "container") {
    const stacks = new StackShelf(config.stacks, (name) => buildPlainStack(name, stacksRoot, making));
    const parts = { root: config.root, stacks, bootId, nofileMax };
    return isolation === "sandbox" ? new SandboxBackend(parts, deps) : new ProcessBackend(parts, deps);
  }
  const cgroups = detectCgroups();
  if (cgroups === null) throw new GardenError("unavailable", "no cgroups");
  if (cgroups.version === 2) makeRoomForCgroups();
  const mountRoot = mountRootOf(config);
  const layer = once(() => (config.fetchPackages ? packageLayer(config.cacheRoot, making) : Promise.resolve(null)));
  const stacks = new StackShelf(config.stacks, async (name) =>
    mountHostStack(name, stacksRoot, mountRoot, await layer(), making),
  );
  const subnet = subnetOf(config, registry, routes);
  const mtu = config.mtu ?? defaultRoute(routes)?.mtu ?? MTU_DEFAULT;
  const parts = { config, registry, cgroups, subnet, mtu, stacks, mountRoot, nofileMax };
  const backend = new ContainerBackend(parts, deps);
  await backend.start(registry.all());
  stacks.prepare();
  return backend;
}

/** Outside the state folder, which is closed to every other id: containers' ids must be able to pass. */
function mountRootOf(config: GardenConfig): string {
  return `/run/ingot-${config.stateHash.slice(0, 8)}`;
}

/** All stacks lie over the same layer; what it could not get is tried again at the next start. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

/** Chosen once: containers that live on have addresses from it. */
function subnetOf(config: GardenConfig, registry: Registry, routes: MachineRoutes): Subnet {
  const known = registry.setting("subnet");
  if (config.subnet === null && known !== null) return parseSubnet(known);
  const own = bridgeName(config.stateHash);
  const subnet =
    config.subnet !== null
      ? parseSubnet(config.subnet)
      : chooseSubnet(
          config.stateHash,
          routes.filter(({ device }) => device !== own).map(({ destination }) => destination),
        );
  registry.putSetting("subnet", subnet.cidr);
  return subnet;
}

function capacityOf(config: GardenConfig): { readonly memoryBytes: number; readonly diskBytes: number } {
  const disk = statfsSync(config.root);
  return {
    memoryBytes: config.memoryCapacityBytes ?? totalmem(),
    diskBytes: config.diskCapacityBytes ?? disk.bavail * disk.bsize,
  };
}

/** Nobody may go above it, root without CAP_SYS_RESOURCE neither. */
function hardLimitOfOpenFiles(): number {
  const line = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return line === null ? 1024 : Number(line[1]);
}
