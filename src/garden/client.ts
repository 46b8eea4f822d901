import type { Readable } from "node:stream";
import type { EgressRule, EnvironmentVariable } from "../protocol/action.ts";

/** How strongly a container is kept apart (design §1): probed at start, shown to the user. */
export type Isolation = "container" | "sandbox" | "process";

export interface BindMount {
  readonly sourcePath: string;
  readonly destinationPath: string;
  readonly mode: "ro" | "rw";
}

/** A folder of this machine with the tree of a container's root, e.g. `home/vcap/app/…`, that many containers share. */
export interface Layer {
  readonly path: string;
  /** What its files take; counts against the disk limit of each container that has it. */
  readonly bytes: number;
}

/** Garden: api ContainerSpec */
export interface ContainerSpec {
  /** Chosen by the caller (instance guid, task guid), unique; also in names of cgroup and directories. */
  readonly handle: string;
  /** `preloaded:STACK`. */
  readonly rootfs: string;
  readonly environment: readonly EnvironmentVariable[];
  readonly properties: Readonly<Record<string, string>>;
  readonly bindMounts: readonly BindMount[];
  readonly memoryLimitBytes: number;
  /** Scratch space above the stack, layers included. 0: no limit. */
  readonly diskLimitBytes: number;
  /**
   * Lie over the stack and below what the container writes, the first one uppermost. Only where `layerIdOffset` is given.
   * They must stay unchanged until the container is destroyed, over restarts too. grootfs: layers of an image
   */
  readonly layers?: readonly Layer[];
  /** cgroup shares: 100 weight = 1024. */
  readonly cpuShares: number;
  readonly pidsMax: number;
  /** Ports that get a host port. */
  readonly netIn: readonly { readonly containerPort: number; readonly hostPort?: number }[];
  readonly egressRules: readonly EgressRule[];
  readonly privileged: boolean;
}

export interface ContainerInfo {
  readonly handle: string;
  readonly state: "active" | "stopped";
  /** The cell's side of the bridge. */
  readonly hostIp: string;
  readonly containerIp: string;
  readonly externalIp: string;
  readonly mappedPorts: readonly { readonly hostPort: number; readonly containerPort: number }[];
  readonly properties: Readonly<Record<string, string>>;
  /** e.g. `out of memory`. */
  readonly events: readonly string[];
}

export interface ContainerMetrics {
  readonly memoryUsageBytes: number;
  readonly memoryLimitBytes: number;
  /** CPU time used since creation. */
  readonly cpuUsageNs: bigint;
  readonly diskUsageBytes: number;
  readonly diskLimitBytes: number;
  /** Since creation. */
  readonly ageNs: bigint;
  readonly pids: number;
}

export interface ProcessSpec {
  /** Chosen by the caller; unique in the container. `attach` finds it again, also after a restart of the platform. */
  readonly id: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly dir?: string;
  readonly user: string;
  readonly env: readonly EnvironmentVariable[];
  readonly nofile?: number;
}

/**
 * Takes output as it comes, in order, each byte once: over a restart of the platform the reader goes on where `written`
 * last resolved. Back-pressure: the next chunk comes after the promise has resolved.
 */
export interface ProcessIo {
  stdout(chunk: Uint8Array): void | Promise<void>;
  stderr(chunk: Uint8Array): void | Promise<void>;
}

export interface GardenProcess {
  readonly id: string;
  /** Exit code (128 + n for signal n), after all output was handed to the ProcessIo. Rejects when the container is gone. */
  wait(signal?: AbortSignal): Promise<number>;
  signal(name: "TERM" | "KILL" | "QUIT"): Promise<void>;
}

/** The container driver. Garden: client.go, container.go. Throws `GardenError` with `kind`. */
export interface GardenClient {
  readonly isolation: Isolation;
  /** Id on this machine that a layer's files need to be the container's id 0; null where containers take no layers. */
  readonly layerIdOffset: number | null;
  ping(signal: AbortSignal): Promise<void>;
  capacity(
    signal: AbortSignal,
  ): Promise<{ readonly memoryBytes: number; readonly diskBytes: number; readonly maxContainers: number }>;
  /** Durable before it resolves: a later start of the platform finds it in `list`. Throws kind `exists`, `no-rootfs`, `invalid`. */
  create(spec: ContainerSpec, signal: AbortSignal): Promise<ContainerInfo>;
  /** Kills, then removes cgroup, mounts, network, files. Idempotent: unknown handles resolve. */
  destroy(handle: string, signal: AbortSignal): Promise<void>;
  /** Handles, those adopted from an earlier run of the platform included. */
  list(properties?: Readonly<Record<string, string>>): Promise<string[]>;
  /** Throws kind `not-found`. */
  info(handle: string): Promise<ContainerInfo>;
  metrics(handles: readonly string[]): Promise<ReadonlyMap<string, ContainerMetrics>>;
  run(handle: string, spec: ProcessSpec, io: ProcessIo, signal: AbortSignal): Promise<GardenProcess>;
  /** The process started earlier with this id, running or ended. Throws kind `not-found`. */
  attach(handle: string, processId: string, io: ProcessIo, signal: AbortSignal): Promise<GardenProcess>;
  /** Unpacks a tar stream into `path` as `user`. */
  streamIn(
    handle: string,
    to: { readonly path: string; readonly user: string },
    tar: Readable,
    signal: AbortSignal,
  ): Promise<void>;
  /** A tar stream of `path`; a trailing slash means the folder's content (Garden's rule). */
  streamOut(
    handle: string,
    from: { readonly path: string; readonly user: string },
    signal: AbortSignal,
  ): Promise<Readable>;
  /**
   * Copies one file into a new file of this machine, which nobody inside gets hold of. Gives its size; resolves with null, and
   * leaves nothing, when it is larger than `bytesMax`. Throws kind `failed` when there is no such file.
   */
  copyOut(
    handle: string,
    from: { readonly path: string; readonly user: string },
    to: { readonly file: string; readonly bytesMax: number },
    signal: AbortSignal,
  ): Promise<number | null>;
  /** Replaces the outgoing rules in one atomic step. */
  bulkNetOut(handle: string, rules: readonly EgressRule[], signal: AbortSignal): Promise<void>;
  setProperty(handle: string, key: string, value: string): Promise<void>;
  /** Opens a TCP connection to a port inside, for health checks: resolves true when it was accepted. */
  dial(handle: string, port: number, timeoutMs: number): Promise<boolean>;
}
