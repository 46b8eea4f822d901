import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../kit/clock.ts";
import { type ProcessIdentity, processIdentity } from "../../kit/process-identity.ts";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";
import { GardenError } from "../errors.ts";
import { readIfThere } from "../process-folder.ts";

const CREATE_TIMEOUT_MS = 30_000;
const DELETE_TIMEOUT_MS = 20_000;

/** runc with a state folder of this Ingot's own, so that nobody else's containers are ever seen or touched. */
export class Runc {
  readonly root: string;
  readonly #subprocess: Subprocess;
  readonly #clock: Clock;

  constructor(root: string, deps: { readonly subprocess: Subprocess; readonly clock: Clock }) {
    this.root = root;
    this.#subprocess = deps.subprocess;
    this.#clock = deps.clock;
  }

  /** Starts a container's first process; resolves when it runs. */
  async run(handle: string, bundle: string, config: Record<string, unknown>): Promise<ProcessIdentity> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    await writeFile(join(bundle, "config.json"), JSON.stringify(config));
    const pidFile = join(bundle, "init.pid");
    const log = join(bundle, "runc.log");
    // No open pipe may reach the container: it would keep the command "running" as long as the container lives.
    const command = `exec runc --root "$1" --log "$2" run -d --bundle "$3" --pid-file "$4" "$5" </dev/null >/dev/null 2>&1`;
    const result = await this.#subprocess.run("sh", ["-c", command, "sh", this.root, log, bundle, pidFile, handle], {
      signal: this.#clock.deadline(CREATE_TIMEOUT_MS),
    });
    const pid = Number(readIfThere(pidFile) ?? "0");
    const identity = result.code === 0 && pid > 0 ? processIdentity(pid) : null;
    if (identity === null) {
      const reason = (readIfThere(log) ?? "").trim().split("\n").at(-1) ?? "";
      throw new GardenError("failed", `runc could not start the container: exit ${result.code}: ${reason}`);
    }
    return identity;
  }

  /** The command line that starts a process in a container and ends once it runs. */
  execDetachedCommand(handle: string, processFile: string, folder: string): string[] {
    const pidFile = join(folder, "pid");
    return ["runc", "--root", this.root, "exec", "-d", "--process", processFile, "--pid-file", pidFile, handle];
  }

  /** The command line that runs a process in a container on its own stdin, stdout and stderr. */
  execCommand(handle: string, processFile: string): string[] {
    return ["runc", "--root", this.root, "exec", "--process", processFile, handle];
  }

  /** Idempotent. Kill the first process before: runc itself waits in steps of 100 ms for its end. */
  async delete(handle: string): Promise<void> {
    const args = ["--root", this.root, "delete", "--force", handle];
    await runChecked(this.#subprocess, "runc", args, { signal: this.#clock.deadline(DELETE_TIMEOUT_MS) });
  }
}
