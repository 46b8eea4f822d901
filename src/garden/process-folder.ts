import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A process of this machine, told from a later one that got the same pid by when it began (field 22 of stat). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

/** Of the process that has this pid now; null when none has. */
export function identityOf(pid: number): ProcessIdentity | null {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name in parentheses may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTicks = fields[19];
  // A zombie has ended; only its parent has not asked yet.
  return startTicks === undefined || fields[0] === "Z" ? null : { pid, startTicks };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startTicks === identity.startTicks;
}

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
