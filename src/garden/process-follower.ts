import { type FSWatcher, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import { isAlive, processIdentity } from "../kit/process-identity.ts";
import type { ProcessIo } from "./client.ts";
import { GardenError } from "./errors.ts";
import { OutputReader } from "./output-reader.ts";
import type { ProcessFolder } from "./process-folder.ts";

/** Output of this long is handed over together. */
const COALESCE_MS = 20;
/** How often a quiet process is looked at without any event: watches can be lost, parents can be killed. */
const LOOK_AGAIN_MS = 5_000;
/** Nobody knows the exit status. Garden answers the same for a process that it lost. */
const UNKNOWN_EXIT = 255;

/** Hands a process's output to a ProcessIo and knows its exit code; ends with the platform, not with the process. */
export class ProcessFollower {
  readonly folder: ProcessFolder;
  readonly exit: Promise<number>;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #io: ProcessIo;

  constructor(folder: ProcessFolder, io: ProcessIo, clock: Clock) {
    this.folder = folder;
    this.#io = io;
    this.#clock = clock;
    this.exit = this.#follow(this.#stop.signal);
    this.exit.catch(() => undefined); // whoever waits gets it; nobody has to wait
  }

  /** From now on output goes there. */
  redirect(io: ProcessIo): void {
    this.#io = io;
  }

  /** Ends following; waiters get `reason`. */
  stop(reason: Error): void {
    this.#stop.abort(reason);
  }

  async #follow(signal: AbortSignal): Promise<number> {
    const { path } = this.folder;
    const readers = [
      new OutputReader(path, "stdout", (chunk) => this.#io.stdout(chunk)),
      new OutputReader(path, "stderr", (chunk) => this.#io.stderr(chunk)),
    ];
    const own = processIdentity(process.pid);
    const readerFile = join(path, "reader");
    if (own !== null) writeFileSync(readerFile, `${own.pid} ${own.startTicks}`);
    try {
      for (;;) {
        const exitCode = this.#exitCode(); // first the code, then the output: after the code no more is written
        const found = await Promise.all(readers.map((reader) => reader.drain(signal)));
        if (exitCode !== null) return exitCode;
        if (found.includes(true)) await this.#clock.sleep(COALESCE_MS, signal);
        else await this.#nextChange(readers, signal);
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        throw new GardenError("not-found", "the container is gone", { cause: error });
      }
      throw error;
    } finally {
      rmSync(readerFile, { force: true });
    }
  }

  #exitCode(): number | null {
    const code = this.folder.exitCode();
    if (code !== null) return code;
    const parent = this.folder.parent();
    if (parent === null || isAlive(parent)) return null;
    // The parent was killed; the process may go on alone, its status is lost. It may also have ended just now.
    const started = this.folder.started();
    return started !== null && isAlive(started) ? null : (this.folder.exitCode() ?? UNKNOWN_EXIT);
  }

  /** Resolves at a change in the folder; the watch lives only while nothing happens, a busy process is polled. */
  async #nextChange(readers: readonly OutputReader[], signal: AbortSignal): Promise<void> {
    const waited = new AbortController();
    const either = AbortSignal.any([signal, waited.signal]);
    let watcher: FSWatcher | null = null;
    try {
      watcher = watch(this.folder.path, { persistent: false }, () => waited.abort());
      watcher.on("error", () => waited.abort());
      // What came between the last look and the watch has made no event.
      const found = await Promise.all(readers.map((reader) => reader.drain(signal)));
      if (found.includes(true) || this.folder.exitCode() !== null) return;
      await this.#clock.sleep(LOOK_AGAIN_MS, either);
    } catch (error) {
      signal.throwIfAborted();
      if (waited.signal.aborted) return;
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOSPC" && code !== "EMFILE") throw error;
      // The machine has no watches left: look again soon.
      await this.#clock.sleep(COALESCE_MS * 10, signal);
    } finally {
      watcher?.close();
    }
  }
}
