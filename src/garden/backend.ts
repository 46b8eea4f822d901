import type { ProcessIdentity } from "../kit/process-identity.ts";
import type { Isolation, ProcessSpec } from "./client.ts";
import type { ContainerRecord } from "./container-record.ts";

export interface BackendReading {
  readonly memoryUsageBytes: number;
  readonly cpuUsageNs: bigint;
  readonly pids: number;
  readonly diskUsageBytes: number;
}

/** How `process-parent.pl` starts a process: as its own child, or by a runtime that ends and leaves a pid file. */
export interface ProcessStart {
  readonly mode: "child" | "pid-file";
  readonly command: readonly string[];
}

/** One way of keeping containers apart. What all have in common (records, processes, output) is `Garden`'s. */
export interface Backend {
  readonly isolation: Isolation;
  /** Where containers find DNS and router; null where they share the machine's network. */
  readonly gatewayAddress: string | null;
  /** What is in force or lost here, for the user. */
  readonly notes: readonly string[];
  /** Do containers have addresses of their own? Else each asked-for port is a free port of the machine. */
  readonly hasAddresses: boolean;
  /** See `GardenClient.layerIdOffset`. */
  readonly layerIdOffset: number | null;

  /** Id of the stack that a new container gets; throws kind `no-rootfs`. Waits while the stack is being made. */
  stackFor(rootfs: string): Promise<string>;
  /** Picks an address for a new container. */
  pickAddress(): string | null;
  /** Everything up to the running first process (null where there is none). `folder` exists. */
  create(record: ContainerRecord, folder: string): Promise<ProcessIdentity | null>;
  /** Ends every process, frees everything outside `folder`. Idempotent; also for half-made containers. */
  destroy(handle: string, record: ContainerRecord | undefined, folder: string): Promise<void>;
  /** Does the container still run, a container without a first process included? */
  isUp(record: ContainerRecord): boolean;
  /** @param processFolder exists and may hold further files of the start */
  processStart(
    record: ContainerRecord,
    spec: ProcessSpec,
    folder: string,
    processFolder: string,
  ): Promise<ProcessStart>;
  /** Which process a signal is for, given the one that was started; null when it is gone. */
  signalTarget(started: ProcessIdentity): ProcessIdentity | null;
  /** A command line for a program of the container (tar) on the caller's own stdin, stdout and stderr. */
  toolCommand(
    record: ContainerRecord,
    user: string,
    args: readonly string[],
    folder: string,
  ): Promise<readonly string[]>;
  /** Path inside the container as the container's programs must be told it. */
  innerPath(record: ContainerRecord, path: string, folder: string): string;
  /** null when the container is gone. */
  read(record: ContainerRecord, folder: string): BackendReading | null;
  oomKills(record: ContainerRecord): number;
  replaceEgress(record: ContainerRecord): Promise<void>;
  /** Where a port of the container is reached from this machine. */
  endpoint(record: ContainerRecord, port: number): { readonly host: string; readonly port: number };
  /** Removes everything of this Ingot that is no container's. */
  destroyAll(): Promise<void>;
  /** Removes cards, cgroups, mounts and stacks that belong to no container; `known` says which there are at the moment. */
  removeStrays(known: () => readonly ContainerRecord[]): Promise<void>;
}
