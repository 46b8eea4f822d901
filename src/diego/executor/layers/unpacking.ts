import { readdirSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ownNodeEnvironment } from "../../../kit/own-node.ts";
import type { Subprocess } from "../../../kit/subprocess.ts";
import type { KnownFile } from "./known-files.ts";

const PROGRAM = fileURLToPath(new URL("unpack-main.ts", import.meta.url));

export interface UnpackingLimits {
  /** Of the archive without compression. */
  readonly streamBytesMax: number;
  readonly entriesMax: number;
}

const MB = 1024 * 1024;
/** An archive has headers besides the files that count against the limit. */
const STREAM_FACTOR = 1.25;
const STREAM_SLACK = 16 * MB;
/** As many files as a container's own disk of that size could hold. garden: scratch-disk.ts */
const INODE_BYTES = 8192;
const ENTRIES_MIN = 16_384;

/** For droplets of containers with this disk limit: larger ones could not be unpacked inside either. */
export function unpackingLimits(diskBytes: number): UnpackingLimits {
  return {
    streamBytesMax: Math.ceil(diskBytes * STREAM_FACTOR) + STREAM_SLACK,
    entriesMax: Math.max(Math.ceil(diskBytes / INODE_BYTES), ENTRIES_MIN),
  };
}

/**
 * Unpacks the archive `file` into `folder` in a process of its own that becomes user `id` of this machine. `folder` belongs
 * to that user, and nobody but root may come near it. `known` files need not be unpacked. Gives the disk space of what was unpacked, in bytes. Rejects with
 * the reason, which holds names of the tenant's files at most; then nobody writes into the folder any more.
 */
export async function unpack(
  file: string,
  folder: string,
  id: number,
  limits: UnpackingLimits,
  known: readonly KnownFile[],
  subprocess: Subprocess,
  signal: AbortSignal,
): Promise<number> {
  const numbers = [id, limits.streamBytesMax, limits.entriesMax].map(String);
  const words = ["--disable-warning=ExperimentalWarning", PROGRAM, ...numbers, file, JSON.stringify(known)];
  const env = ownNodeEnvironment({ PATH: "/usr/bin:/bin", LC_ALL: "C" });
  try {
    const { code, stdout, stderr } = await subprocess.run(process.execPath, words, {
      cwd: folder,
      env,
      signal,
    });
    if (code !== 0) throw new Error(stderr.trim() || "the archive could not be unpacked");
    return (JSON.parse(stdout) as { readonly bytes: number }).bytes;
  } catch (error) {
    endWorkersBelow(folder);
    throw error;
  }
}

/** Ends processes that work in this folder: those of an earlier run of the platform, or tar when its parent was killed. */
export function endWorkersBelow(folder: string): void {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (`${readlinkSync(`/proc/${name}/cwd`)}/`.startsWith(`${folder}/`)) process.kill(Number(name), "SIGKILL");
    } catch {
      // ended in between
    }
  }
}
