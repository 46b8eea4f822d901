import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How this machine counts: hybrid mounts count as version 1, since its controllers do the limiting. */
export interface CgroupLayout {
  readonly version: 1 | 2;
  readonly swapAccounting: boolean;
  /** Folder of one controller for a cgroup path such as `/ingot-HASH/HANDLE`. */
  folder(controller: CgroupController, cgroupPath: string): string;
}

export type CgroupController = "memory" | "cpuacct" | "pids" | "freezer";

export interface CgroupReading {
  readonly memoryUsageBytes: number;
  readonly cpuUsageNs: bigint;
  readonly pids: number;
}

/** Looks at what is mounted below `/sys/fs/cgroup`; null when there is nothing usable. */
export function detectCgroups(root = "/sys/fs/cgroup"): CgroupLayout | null {
  if (existsSync(join(root, "cgroup.controllers"))) {
    const controllers = readFileSync(join(root, "cgroup.controllers"), "utf8").split(/\s+/);
    if (!controllers.includes("memory") || !controllers.includes("pids")) return null;
    return {
      version: 2,
      swapAccounting: limitsSwap(root),
      folder: (_controller, path) => join(root, path),
    };
  }
  if (!["memory", "pids", "cpuacct"].every((name) => existsSync(join(root, name)))) return null;
  return {
    version: 1,
    swapAccounting: existsSync(join(root, "memory", "memory.memsw.limit_in_bytes")),
    folder: (controller, path) => join(root, controller, path),
  };
}

/** The root itself has no limits; any cgroup below it that counts memory shows whether swap can be limited. */
function limitsSwap(root: string): boolean {
  const counted = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, "memory.max")))
    .map((entry) => join(root, entry.name, "memory.swap.max"));
  return counted.length === 0 || existsSync(counted[0]!);
}

/**
 * In a machine that is a container itself, the root that we see is an ordinary cgroup of version 2, and such a one hands
 * no controllers down while it holds processes. They move into a cgroup of their own beside ours, limits unchanged.
 * Does nothing on a real machine (whose root has no `cgroup.type`), nor when the controllers are handed down already.
 */
export function makeRoomForCgroups(root = "/sys/fs/cgroup"): void {
  if (!existsSync(join(root, "cgroup.type"))) return;
  const handedDown = readFileSync(join(root, "cgroup.subtree_control"), "utf8").split(/\s+/);
  if (["memory", "pids", "cpu"].every((name) => handedDown.includes(name))) return;
  const own = join(root, "ingot-machine");
  mkdirSync(own, { recursive: true });
  for (const pid of readFileSync(join(root, "cgroup.procs"), "utf8")
    .split("\n")
    .filter((line) => line !== "")) {
    try {
      writeFileSync(join(own, "cgroup.procs"), pid);
    } catch {
      // ended in between; one that cannot move makes the next line fail, which says so
    }
  }
  writeFileSync(join(root, "cgroup.subtree_control"), "+memory +pids +cpu");
}

/**
 * What a container uses now; null when its cgroup is gone. Memory counts as it counts against the limit, without the
 * file cache that the kernel gives back first (guardian: rundmc/runrunc/stats.go, TotalUsageTowardLimit).
 */
export function readCgroup(layout: CgroupLayout, cgroupPath: string): CgroupReading | null {
  const read = (controller: CgroupController, file: string): string =>
    readFileSync(join(layout.folder(controller, cgroupPath), file), "utf8");
  try {
    if (layout.version === 2) {
      const stat = parseFlatKeyed(read("memory", "memory.stat"));
      const current = Number(read("memory", "memory.current"));
      return {
        memoryUsageBytes: Math.max(0, current - Number(stat.get("inactive_file") ?? 0)),
        cpuUsageNs: BigInt(parseFlatKeyed(read("cpuacct", "cpu.stat")).get("usage_usec") ?? 0) * 1000n,
        pids: Number(read("pids", "pids.current")),
      };
    }
    const stat = parseFlatKeyed(read("memory", "memory.stat"));
    const value = (name: string): number => Number(stat.get(name) ?? 0);
    return {
      memoryUsageBytes: value("total_rss") + Math.max(0, value("total_cache") - value("total_inactive_file")),
      cpuUsageNs: BigInt(read("cpuacct", "cpuacct.usage").trim()),
      pids: Number(read("pids", "pids.current")),
    };
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** How many processes the kernel has killed because the memory limit was reached. */
export function readOomKills(layout: CgroupLayout, cgroupPath: string): number {
  const file = layout.version === 2 ? "memory.events" : "memory.oom_control";
  try {
    const text = readFileSync(join(layout.folder("memory", cgroupPath), file), "utf8");
    return Number(parseFlatKeyed(text).get("oom_kill") ?? 0);
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
}

/** `name value` lines, the kernel's "flat keyed" format. */
function parseFlatKeyed(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const blank = line.indexOf(" ");
    if (blank > 0) values.set(line.slice(0, blank), line.slice(blank + 1));
  }
  return values;
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENODEV";
}
