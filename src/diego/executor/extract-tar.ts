import { createWriteStream } from "node:fs";
import { chmod, link, mkdir, symlink } from "node:fs/promises";
import { dirname, join, normalize, posix } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** The archive wants to write outside its folder, or is larger than allowed. */
export class UnsafeArchiveError extends Error {}

/**
 * Unpacks a tar stream on the host, for folders that are mounted into containers. Refuses names, links and writes
 * through links that leave the folder (`UnsafeArchiveError`) and more than `bytesMax`. Everything becomes readable for
 * all: inside a container other users read it. Gives the bytes written.
 */
export async function extractTar(
  tar: Readable,
  folder: string,
  bytesMax: number,
  signal: AbortSignal,
): Promise<number> {
  const { extract } = await import("tar-stream");
  const entries = extract();
  const fed = pipeline(tar, entries, { signal });
  fed.catch(() => undefined); // the loop below sees the same error
  const links = new Set<string>();
  let written = 0;
  for await (const entry of entries) {
    const { name, type, linkname, mode = 0o644, size = 0 } = entry.header;
    const path = insidePath(name);
    if (throughLink(path, links)) throw new UnsafeArchiveError(`${name} writes through a link`);
    const target = join(folder, path);
    if (type === "directory") {
      await mkdir(target, { recursive: true });
      await chmod(target, (mode & 0o777) | 0o755);
    } else if (type === "symlink") {
      insidePath(posix.join(posix.dirname(path), linkname ?? ""), linkname ?? "");
      await mkdir(dirname(target), { recursive: true });
      await symlink(linkname ?? "", target);
      links.add(path);
    } else if (type === "link") {
      const from = insidePath(linkname ?? "");
      if (throughLink(from, links) || links.has(from)) throw new UnsafeArchiveError(`${name} links through a link`);
      await mkdir(dirname(target), { recursive: true });
      await link(join(folder, from), target);
    } else if (type === "file" || type === "contiguous-file") {
      written += size;
      if (written > bytesMax) throw new UnsafeArchiveError(`archive unpacks to more than ${bytesMax} bytes`);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target, { flags: "wx", mode: (mode & 0o777) | 0o444 }), { signal });
      continue;
    }
    entry.resume();
  }
  await fed;
  return written;
}

function insidePath(name: string, shown = name): string {
  const path = normalize(name).replace(/\/+$/, "");
  if (path.startsWith("/") || path === ".." || path.startsWith("../") || path.includes("\0") || shown.startsWith("/")) {
    throw new UnsafeArchiveError(`${shown} leaves the archive's folder`);
  }
  return path;
}

function throughLink(path: string, links: ReadonlySet<string>): boolean {
  if (links.size === 0) return false;
  for (let parent = posix.dirname(path); parent !== "."; parent = posix.dirname(parent))
    if (links.has(parent)) return true;
  return links.has(path);
}
