import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { GzipBlocks } from "./gzip-blocks.ts";
import { paddingOf, type TarEntry, type TarType, tarEnd, tarHeader } from "./tar-header.ts";

/** Smaller files are not worth a gzip member of their own. */
const SNIFF_MIN = 65_536;
/** First bytes of gzip, zip, Zstandard, xz, PNG and JPEG files. */
const COMPRESSED = ["1f8b", "504b0304", "28b52ffd", "fd377a58", "89504e47", "ffd8ff"].map((hex) =>
  Buffer.from(hex, "hex"),
);

/** A folder of the file system and the name that it has in the archive. */
export interface TarRoot {
  readonly path: string;
  /** `.`, `./app`, … */
  readonly name: string;
}

/**
 * Writes folders as one tar archive.
 *
 * A symbolic link to something inside `runtimesDir` (the platform's read-only store of language runtimes) is replaced by
 * what it points at, so a buildpack installs Node by making a link and nobody copies 150 MB twice. For a file
 * `node-1.2.3/bin/node` in that store, `node-1.2.3.gz/bin/node` may hold its content, padded to 512 bytes,
 * compressed: it goes into the archive as it is. Everything else is compressed with `level`, but for big files that
 * are compressed already (archives in caches, pictures).
 */
export async function writeTarTree(
  gz: GzipBlocks,
  roots: readonly TarRoot[],
  runtimesDir: string,
  level: number,
): Promise<void> {
  const links = new Map<string, string>(); // device and inode → name under which the content already is in the archive
  const walk = async (path: string, name: string, stats: Stats, inRuntime: string | null): Promise<void> => {
    const type = typeOf(stats);
    if (type === null) return; // sockets and devices cannot live in a droplet
    const link = type === "symlink" ? readlinkSync(path) : "";
    if (type === "symlink" && inRuntime === null) {
      const target = resolve(path, "..", link);
      const runtime = isAbsolute(link) ? runtimeOf(target, runtimesDir) : null;
      if (runtime !== null && existsSync(target)) return walk(target, name, statSync(target), runtime);
    }
    const entry = entryOf(inRuntime === null ? stats : ownedByUs(stats), name, type, link);
    if (type === "directory") {
      await gz.write(tarHeader(entry));
      for (const child of readdirSync(path).sort()) {
        const childPath = join(path, child);
        await walk(childPath, `${name}/${child}`, lstatSync(childPath), inRuntime);
      }
      return;
    }
    if (type !== "file") return gz.write(tarHeader(entry));
    const inode = `${stats.dev}:${stats.ino}`;
    const first = stats.nlink > 1 ? links.get(inode) : undefined;
    if (first !== undefined) return gz.write(tarHeader({ ...entry, type: "hardlink", size: 0, link: first }));
    if (stats.nlink > 1) links.set(inode, name);
    await gz.write(tarHeader(entry));
    const compressed = inRuntime === null ? null : `${inRuntime}.gz/${relative(inRuntime, path)}`;
    if (compressed !== null && existsSync(compressed)) return gz.appendCompressed(compressed);
    const fd = openSync(path, "r");
    try {
      if (stats.size >= SNIFF_MIN && isCompressed(fd)) await gz.setLevel(0);
      await gz.writeFrom(fd, stats.size);
      await gz.setLevel(level);
    } finally {
      closeSync(fd);
    }
    await gz.write(Buffer.alloc(paddingOf(stats.size)));
  };
  for (const root of roots) await walk(root.path, root.name, statSync(root.path), null);
  await gz.write(tarEnd());
}

function isCompressed(fd: number): boolean {
  const start = Buffer.alloc(4);
  readSync(fd, start, 0, 4, 0);
  return COMPRESSED.some((magic) => start.subarray(0, magic.length).equals(magic));
}

/** The runtime's own folder when `target` lies in the store, else null. */
function runtimeOf(target: string, runtimesDir: string): string | null {
  const inside = relative(runtimesDir, target);
  if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) return null;
  return join(runtimesDir, inside.split(sep)[0]!);
}

function typeOf(stats: Stats): TarType | null {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  return stats.isFIFO() ? "fifo" : null;
}

/** The store's owner on the host has no meaning in a droplet. */
function ownedByUs(stats: Stats): Pick<Stats, "size" | "mode" | "uid" | "gid" | "mtimeMs"> {
  const { size, mode, mtimeMs } = stats;
  return { size, mode, mtimeMs, uid: process.getuid?.() ?? stats.uid, gid: process.getgid?.() ?? stats.gid };
}

function entryOf(
  stats: Pick<Stats, "size" | "mode" | "uid" | "gid" | "mtimeMs">,
  name: string,
  type: TarType,
  link: string,
): TarEntry {
  return {
    name: type === "directory" ? `${name}/` : name,
    type,
    size: type === "file" ? stats.size : 0,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    mtimeMs: stats.mtimeMs,
    link,
  };
}
