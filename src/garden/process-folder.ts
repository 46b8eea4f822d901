import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "../kit/process-identity.ts";

/** False when it is gone already. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false; // gone in between
  }
}

/** What `process-parent.pl` has written about one process so far; the folder's layout is described there. */
export class ProcessFolder {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
  parent(): ProcessIdentity | null {
    return this.#identity("parent");
  }
  started(): ProcessIdentity | null {
    return this.#identity("started");
  }
  exitCode(): number | null {
    const text = readIfThere(join(this.path, "exit"));
    return text === null ? null : Number(text);
  }
  failure(): string | null {
    return readIfThere(join(this.path, "failed"));
  }
  #identity(name: string): ProcessIdentity | null {
    const [pid, startTicks] = readIfThere(join(this.path, name))?.trim().split(" ") ?? [];
    return pid === undefined || startTicks === undefined ? null : { pid: Number(pid), startTicks };
  }
}

export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: the process of a /proc file ended while it was read.
    if (code === "ENOENT" || code === "ESRCH" || code === "ENOTDIR") return null;
    throw error;
  }
}
