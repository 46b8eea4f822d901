import { readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTicks: string;
}

/** Null when there is no such process (a zombie counts as none). */
export function processIdentity(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command name may hold spaces and parentheses: fields are counted after the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : { pid, startTicks: fields[19]! };
  } catch {
    return null;
  }
}

/** True while that very process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return processIdentity(identity.pid)?.startTicks === identity.startTicks;
}

/** When a process started, or null when there is none. */
export function startTicksOf(pid: number): string | null {
  return processIdentity(pid)?.startTicks ?? null;
}

/** Ends exactly this process; another one that got its pid meanwhile is left alone. */
export function killExactly(pid: number, startTicks: string, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): void {
  if (!isAlive({ pid, startTicks })) return;
  try {
    process.kill(pid, signal);
  } catch {
    // ended meanwhile
  }
}
