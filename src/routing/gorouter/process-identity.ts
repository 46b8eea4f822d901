import { readFileSync } from "node:fs";

/** When a process started (field 22 of its stat line), or null when there is none. Pid and ticks name it for ever. */
export function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Ends exactly this process; another one that got its pid meanwhile is left alone. */
export function killExactly(pid: number, startTicks: string, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): void {
  if (startTicksOf(pid) !== startTicks) return;
  try {
    process.kill(pid, signal);
  } catch {
    // ended meanwhile
  }
}
