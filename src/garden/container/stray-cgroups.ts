import { existsSync } from "node:fs";
import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../kit/log.ts";
import { readIfThere } from "../process-folder.ts";
import type { CgroupLayout } from "./cgroup.ts";

/**
 * Removes cgroups whose container is gone (an interrupted removal leaves them), with what still runs in them; without
 * any container the common parent as well, which the next container makes again.
 * @param parent cgroup path of all containers of this Ingot @param known handles, asked after listing
 */
export async function removeStrayCgroups(
  layout: CgroupLayout,
  parent: string,
  known: () => readonly string[],
  log: Log,
): Promise<void> {
  const roots =
    layout.version === 2
      ? [layout.folder("memory", parent)]
      : (await readdir("/sys/fs/cgroup")).map((name) => join("/sys/fs/cgroup", name, parent));
  for (const root of roots.filter((path) => existsSync(path))) {
    const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const handles = new Set(known());
    for (const { name } of folders.filter((entry) => !handles.has(entry.name))) {
      const pids = (readIfThere(join(root, name, "cgroup.procs")) ?? "").split("\n").filter((line) => line !== "");
      for (const pid of pids) killIfThere(Number(pid));
      await rmdir(join(root, name)).catch((error) => log.warn("a cgroup stays", { error }));
    }
    if (handles.size === 0) await rmdir(root).catch(() => undefined);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone in between
  }
}
