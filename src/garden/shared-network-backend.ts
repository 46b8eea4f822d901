import { readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { isAlive, type ProcessIdentity } from "../kit/process-identity.ts";
import type { Subprocess } from "../kit/subprocess.ts";
import type { Backend, BackendReading, ProcessStart } from "./backend.ts";
import type { Isolation, ProcessSpec } from "./client.ts";
import type { ContainerRecord } from "./container-record.ts";
import { GardenError } from "./errors.ts";
import { withMachinePorts } from "./host-network-ports.ts";
import { processEnvironment } from "./process-environment.ts";
import { ProcessFolder, signalProcess } from "./process-folder.ts";
import { processTree, usageOf } from "./process-tree.ts";
import type { StackShelf } from "./stack/stack-shelf.ts";
import { userAccount } from "./user-account.ts";

/** How long processes may take to be gone after SIGKILL. */
const KILL_WAIT_MS = 10_000;
const KILL_LOOK_MS = 5;
/** Counting files takes time; the number may be this old. */
const DISK_USAGE_FRESH_MS = 30_000;
const DISK_USAGE_TIMEOUT_MS = 20_000;
const NOFILE_DEFAULT = 16_384;

export interface SharedNetworkDeps {
  readonly subprocess: Subprocess;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What the ways without root have in common: no first process, no network of its own, no limits of memory and disk. A
 * container is a folder and the processes that were started for it; each is a child of its `process-parent.pl`.
 */
export abstract class SharedNetworkBackend implements Backend {
  abstract readonly isolation: Isolation;
  abstract readonly notes: readonly string[];
  readonly gatewayAddress = null;
  readonly hasAddresses = false;
  readonly layerIdOffset = null;
  protected readonly stacks: StackShelf;
  protected readonly deps: SharedNetworkDeps;
  readonly #root: string;
  readonly #bootId: string;
  readonly #nofileMax: number;
  readonly #diskUsage = new Map<string, { bytes: number; atMs: number; counting: boolean }>();

  constructor(
    parts: { readonly root: string; readonly stacks: StackShelf; readonly bootId: string; readonly nofileMax: number },
    deps: SharedNetworkDeps,
  ) {
    this.stacks = parts.stacks;
    this.deps = deps;
    this.#root = parts.root;
    this.#bootId = parts.bootId;
    this.#nofileMax = parts.nofileMax;
  }

  abstract create(record: ContainerRecord, folder: string): Promise<null>;
  /** The whole command line of a process of the container. */
  protected abstract command(
    record: ContainerRecord,
    program: { readonly user: string; readonly dir: string; readonly words: readonly string[] },
    folder: string,
  ): Promise<string[]>;
  abstract innerPath(record: ContainerRecord, path: string, folder: string): string;
  /** The process itself, below the one that the parent has started. */
  abstract signalTarget(started: ProcessIdentity): ProcessIdentity | null;
  /** Values that name paths of the container as its programs must be told them. */
  protected innerTextOf(_record: ContainerRecord, text: string, _folder: string): string {
    return text;
  }

  async stackFor(rootfs: string): Promise<string> {
    return (await this.stacks.get(rootfs)).id;
  }

  pickAddress(): null {
    return null;
  }

  /** Until it is destroyed, or the machine starts anew. */
  isUp(record: ContainerRecord): boolean {
    return record.bootId === this.#bootId;
  }

  async processStart(
    record: ContainerRecord,
    spec: ProcessSpec,
    folder: string,
    processFolder: string,
  ): Promise<ProcessStart> {
    const user = userAccount(spec.user);
    const inner = (text: string): string => this.innerTextOf(record, text, folder);
    const environment = processEnvironment(record.spec.environment, spec.env, user).map(inner);
    const lines = withMachinePorts(environment, record.mappedPorts);
    await writeFile(join(processFolder, "environment"), lines.map((line) => `${line}\0`).join(""), { mode: 0o600 });
    const nofile = Math.min(spec.nofile ?? NOFILE_DEFAULT, this.#nofileMax);
    const words = [
      "/bin/sh",
      "-c",
      'ulimit -c 0; ulimit -n "$1"; shift; exec "$@"',
      "sh",
      String(nofile),
      ...[spec.path, ...spec.args].map(inner),
    ];
    return {
      mode: "child",
      command: await this.command(record, { user: spec.user, dir: spec.dir ?? user.home, words }, folder),
    };
  }

  async toolCommand(
    record: ContainerRecord,
    user: string,
    args: readonly string[],
    folder: string,
  ): Promise<readonly string[]> {
    return [
      "env",
      "-i",
      "PATH=/usr/bin:/bin",
      ...(await this.command(record, { user, dir: "/", words: args }, folder)),
    ];
  }

  async destroy(handle: string, _record: ContainerRecord | undefined, folder: string): Promise<void> {
    this.#diskUsage.delete(handle);
    const { clock } = this.deps;
    const untilMs = clock.steadyMs() + KILL_WAIT_MS;
    for (;;) {
      const parents = this.#processes(folder)
        .flatMap((process) => process.parent() ?? [])
        .filter(isAlive);
      // The parent itself goes by its own once it has written down the end of its process.
      for (const { pid } of parents) {
        for (const child of processTree(pid).slice(1)) killIfThere(child);
      }
      if (parents.length === 0) return;
      if (clock.steadyMs() > untilMs) {
        for (const parent of parents) signalProcess(parent, "SIGKILL");
        throw new GardenError("failed", `processes of ${handle} do not end`);
      }
      await clock.sleep(KILL_LOOK_MS);
    }
  }

  read(record: ContainerRecord, folder: string): BackendReading {
    const pids = this.#processes(folder).flatMap((process) => {
      const started = process.started();
      return started !== null && isAlive(started) ? processTree(started.pid) : [];
    });
    return { ...usageOf(pids), diskUsageBytes: this.#diskUsageOf(record.handle, folder) };
  }

  oomKills(): number {
    return 0;
  }

  async replaceEgress(): Promise<void> {
    // Nothing to replace: the machine's network is shared, as the notes say.
  }

  endpoint(record: ContainerRecord, port: number): { readonly host: string; readonly port: number } {
    const mapped = record.mappedPorts.find(({ containerPort }) => containerPort === port);
    return { host: "127.0.0.1", port: mapped?.hostPort ?? port };
  }

  async removeStrays(): Promise<void> {
    await mkdir(join(this.#root, "containers"), { recursive: true, mode: 0o700 });
  }

  async destroyAll(): Promise<void> {
    // Everything lies in the state folder.
  }

  #processes(folder: string): ProcessFolder[] {
    try {
      return readdirSync(join(folder, "processes")).map((id) => new ProcessFolder(join(folder, "processes", id)));
    } catch {
      return []; // half-made
    }
  }

  /** The last count; a new one begins when it is old. */
  #diskUsageOf(handle: string, folder: string): number {
    const { clock, subprocess } = this.deps;
    const known = this.#diskUsage.get(handle) ?? { bytes: 0, atMs: Number.NEGATIVE_INFINITY, counting: false };
    this.#diskUsage.set(handle, known);
    if (known.counting || clock.steadyMs() - known.atMs < DISK_USAGE_FRESH_MS) return known.bytes;
    known.counting = true;
    void subprocess
      .run("du", ["-s", "-x", "-B1", join(folder, "root")], { signal: clock.deadline(DISK_USAGE_TIMEOUT_MS) })
      .then(({ stdout }) => {
        known.bytes = Number.parseInt(stdout, 10) || 0;
      })
      .catch(() => undefined) // too slow, or gone: the old number stays
      .finally(() => {
        known.counting = false;
        known.atMs = clock.steadyMs();
      });
    return known.bytes;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone in between
  }
}
