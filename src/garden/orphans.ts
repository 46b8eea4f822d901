import { readdirSync, statSync } from "node:fs";
import { readIfThere } from "./process-folder.ts";

/** Programs that this component starts and waits for. */
const OURS = [
  "sh",
  "runc",
  "mkfs.ext4",
  "mke2fs",
  "mount",
  "umount",
  "truncate",
  "ip",
  "nft",
  "nsenter",
  "tar",
  "bwrap",
];

/**
 * Ends commands that an earlier run of the platform had started and did not live to see the end of: one of them might go
 * on making what is just being removed. Told by our folders in their command line. Parents of processes, and what these
 * have started, are left alone: they are meant to outlive the platform. Gives their number.
 * @param folders the folder of containers, and where they are mounted
 */
export function killOrphanedCommands(folders: readonly string[]): number {
  let killed = 0;
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !isMine(pid)) continue;
    const program = readIfThere(`/proc/${pid}/comm`)?.trim() ?? "";
    const words = commandLine(pid);
    // Of our perl scripts only this one: the parents of processes are meant to live on.
    if (!(program === "perl" ? words[1]?.endsWith("/scratch-disk.pl") : OURS.includes(program))) continue;
    if (!words.some((word) => folders.some((folder) => word.startsWith(`${folder}/`)))) continue;
    // What is below us, or below the parent of a process, is nobody's leftover.
    const above = ancestorsOf(pid);
    if (above.includes(process.pid)) continue;
    if (above.some((ancestor) => commandLine(ancestor).some((word) => word.endsWith("process-parent.pl")))) continue;
    try {
      process.kill(pid, "SIGKILL");
      killed++;
    } catch {
      // gone in between
    }
  }
  return killed;
}

/** Owned by this account: a tenant's process can say anything in its command line. */
function isMine(pid: number): boolean {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

function commandLine(pid: number): string[] {
  return (readIfThere(`/proc/${pid}/cmdline`) ?? "").split("\0");
}

function ancestorsOf(pid: number): number[] {
  const above: number[] = [];
  for (let next = parentOf(pid); next > 1 && !above.includes(next); next = parentOf(next)) above.push(next);
  return above;
}

function parentOf(pid: number): number {
  const stat = readIfThere(`/proc/${pid}/stat`) ?? "";
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}
