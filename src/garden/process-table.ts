import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../kit/clock.ts";
import { isAlive } from "../kit/process-identity.ts";
import type { ProcessLauncher } from "../kit/subprocess.ts";
import type { Backend, ProcessStart } from "./backend.ts";
import type { GardenProcess, ProcessIo, ProcessSpec } from "./client.ts";
import type { ContainerRecord } from "./container-record.ts";
import { GardenError } from "./errors.ts";
import { ProcessFolder, signalProcess } from "./process-folder.ts";
import { ProcessFollower } from "./process-follower.ts";

const PARENT_SCRIPT = fileURLToPath(new URL("process-parent.pl", import.meta.url));
/** Output that may wait for its reader, per stream; then the process waits (or, without a reader, the oldest goes). */
const BACKLOG_BYTES_MAX = 16 << 20;
const START_TIMEOUT_MS = 30_000;

/** Starts processes that outlive this program, and follows those that somebody asked for. */
export class ProcessTable {
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #launcher: ProcessLauncher;
  readonly #followers = new Map<string, Map<string, ProcessFollower>>();

  constructor(backend: Backend, deps: { readonly clock: Clock; readonly subprocess: ProcessLauncher }) {
    this.#backend = backend;
    this.#clock = deps.clock;
    this.#launcher = deps.subprocess;
  }

  /** Resolves when the process runs. Throws kind `exists` for an id that was used in this container before. */
  async run(record: ContainerRecord, folder: string, spec: ProcessSpec, io: ProcessIo): Promise<GardenProcess> {
    const path = join(folder, "processes", spec.id);
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") throw new GardenError("exists", `process ${spec.id} exists`);
      if (code === "ENOENT") throw new GardenError("not-found", `unknown handle: ${record.handle}`);
      throw error;
    }
    try {
      const start = await this.#backend.processStart(record, spec, folder, path);
      await this.#start(path, start);
    } catch (error) {
      await rm(path, { recursive: true, force: true }); // the same id may be tried again
      throw error;
    }
    return this.#follow(record.handle, spec.id, new ProcessFolder(path), io);
  }

  /** Output goes to `io` from here on, a reader that is there already is replaced. Throws kind `not-found`. */
  attach(record: ContainerRecord, folder: string, id: string, io: ProcessIo): GardenProcess {
    const process = new ProcessFolder(join(folder, "processes", id));
    if (!existsSync(process.path) || process.started() === null) {
      throw new GardenError("not-found", `unknown process: ${id}`);
    }
    return this.#follow(record.handle, id, process, io);
  }

  /** The container goes: whoever waits for one of its processes is told. */
  forget(handle: string): void {
    for (const follower of this.#followers.get(handle)?.values() ?? []) {
      follower.stop(new GardenError("not-found", `container ${handle} is gone`));
    }
    this.#followers.delete(handle);
  }

  letGo(): void {
    for (const handle of [...this.#followers.keys()]) {
      for (const follower of this.#followers.get(handle)!.values()) {
        follower.stop(new GardenError("unavailable", "the platform stops; the process goes on"));
      }
    }
    this.#followers.clear();
  }

  #follow(handle: string, id: string, folder: ProcessFolder, io: ProcessIo): GardenProcess {
    const ofContainer = this.#followers.get(handle) ?? new Map<string, ProcessFollower>();
    this.#followers.set(handle, ofContainer);
    let follower = ofContainer.get(id);
    if (follower === undefined) {
      follower = new ProcessFollower(folder, io, this.#clock);
      ofContainer.set(id, follower);
      const mine = follower;
      const done = (): void => {
        if (ofContainer.get(id) === mine) ofContainer.delete(id);
      };
      follower.exit.then(done, done);
    } else follower.redirect(io);
    const { exit } = follower;
    return {
      id,
      wait: (signal) => (signal === undefined ? exit : untilAborted(exit, signal)),
      signal: async (name) => {
        const started = folder.started();
        const target = started === null || !isAlive(started) ? null : this.#backend.signalTarget(started);
        if (target !== null) signalProcess(target, `SIG${name}`);
      },
    };
  }

  /** The parent says on its stdout when the process runs; then this program has nothing to do with it any more. */
  async #start(path: string, start: ProcessStart): Promise<void> {
    const args = [PARENT_SCRIPT, path, String(BACKLOG_BYTES_MAX), process.arch, start.mode, "--", ...start.command];
    const said = await this.#launcher
      .launch("perl", args, {
        cwd: "/",
        env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
        signal: this.#clock.deadline(START_TIMEOUT_MS),
      })
      .catch((cause: unknown) => {
        throw new GardenError("failed", "the process did not start in time", { cause });
      });
    if (said.startsWith("started ")) return;
    const reason = new ProcessFolder(path).failure()?.trim() ?? "its parent could not start";
    throw new GardenError("failed", `process: ${reason.slice(0, 2000)}`);
  }
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
