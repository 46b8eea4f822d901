import { existsSync, statfsSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../kit/clock.ts";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";
import { ID_MAP } from "../config.ts";

const PROGRAM = fileURLToPath(new URL("scratch-disk.pl", import.meta.url));
const COMMAND_TIMEOUT_MS = 30_000;
/** Below this, a file system's own tables would take most of it. */
const DISK_BYTES_MIN = 1 << 20;

/**
 * Size of the file in which ext4 leaves `limitBytes` to write, within a thousandth: its inode tables (one inode of 256
 * bytes for 8 KiB) and what it holds back for its own growth (1/50, at most 16 MiB) come on top.
 */
export function imageBytes(limitBytes: number): number {
  const limit = Math.max(limitBytes, DISK_BYTES_MIN);
  return Math.ceil((limit + Math.min(limit / 49, 16 << 20)) * 1.032 + (256 << 10));
}

/**
 * volatile: nothing in it outlives the machine, so nobody waits for its disk. redirect_dir: an app may rename a folder
 * that comes from a layer, as on any disk. xino: all files say that they are on one device, as on any disk.
 */
const OVERLAY_OPTIONS = "volatile,redirect_dir=on,xino=auto";

export interface ScratchDeps {
  readonly subprocess: Subprocess;
  readonly clock: Clock;
}

/**
 * The writable part of a container's file system. With a limit it is a sparse file with its own ext4 that simply ends
 * there: writing beyond fails with ENOSPC, whatever the machine's own file system is. Without one it is a folder.
 *
 *     FOLDER/disk.img   the file       FOLDER/disk/upper, FOLDER/disk/work   layers of the overlay
 */
export async function mountRootfs(
  input: {
    readonly folder: string;
    readonly limitBytes: number;
    /** Read-only folders below it, the uppermost first. */
    readonly lowerPaths: readonly string[];
    readonly rootfsPath: string;
    /** Contents of files below /etc that this container has for itself. */
    readonly etcFiles: Readonly<Record<string, string>>;
  },
  deps: ScratchDeps,
): Promise<void> {
  const { folder, limitBytes, lowerPaths, rootfsPath } = input;
  await mkdir(join(folder, "disk"), { recursive: true });
  await mkdir(rootfsPath, { recursive: true });
  const bytes = limitBytes > 0 ? Math.ceil(imageBytes(limitBytes) / 1024) * 1024 : 0;
  const owner = String(ID_MAP.firstHostId);
  const etc = Object.entries(input.etcFiles).flat();
  const where = [folder, String(bytes), rootfsPath, OVERLAY_OPTIONS, lowerPaths.join(":"), owner];
  await runChecked(deps.subprocess, "perl", [PROGRAM, process.arch, "mount", ...where, ...etc], {
    signal: deps.clock.deadline(COMMAND_TIMEOUT_MS),
  });
}

/** Idempotent. Lazily, so that a file somebody still holds open delays nobody; the loop device goes with its last user. */
export async function unmountRootfs(folder: string, rootfsPath: string, deps: ScratchDeps): Promise<void> {
  const args = [PROGRAM, process.arch, "unmount", rootfsPath, join(folder, "disk")];
  await deps.subprocess.run("perl", args, { signal: deps.clock.deadline(COMMAND_TIMEOUT_MS) });
  await rmdir(rootfsPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

/** Bytes in use above an empty disk; without a limit nobody counts, and the answer is 0. */
export function scratchUsageBytes(folder: string, limitBytes: number): number {
  const disk = join(folder, "disk");
  if (limitBytes === 0 || !existsSync(disk)) return 0;
  const stat = statfsSync(disk);
  return (stat.blocks - stat.bfree) * stat.bsize;
}
