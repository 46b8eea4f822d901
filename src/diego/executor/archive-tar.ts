import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { PassThrough, pipeline, type Readable } from "node:stream";
import type { Pack } from "tar-stream";
import type { Entry, ZipFile } from "yauzl";

/** What a file is, by its first bytes. */
export type ArchiveKind = "tar" | "tgz" | "zstd" | "zip" | "other";

const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;
const LINK_TARGET_MAX = 4096;

export function archiveKind(head: Uint8Array): ArchiveKind {
  if (head[0] === 0x1f && head[1] === 0x8b) return "tgz";
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return "zstd";
  if (head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5) && head[3] === head[2]! + 1)
    return "zip";
  if (Buffer.from(head.subarray(257, 262)).toString("latin1") === "ustar") return "tar";
  return "other";
}

/**
 * The archive at `path` (tar, tar.gz, tar.zst or zip) as a tar stream, never whole in memory. Errors of the source
 * destroy the stream. Anything else is handed on as it is, for the tar reader to refuse. Diego: cacheddownloader, TarTransform
 */
export async function tarStreamOf(path: string): Promise<Readable> {
  const kind = archiveKind(await headOf(path));
  if (kind === "zip") return zipAsTar(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (kind !== "tgz" && kind !== "zstd") return file;
  const zlib = await import("node:zlib");
  const unpacked = kind === "tgz" ? zlib.createGunzip({ chunkSize: 256 * 1024 }) : zlib.createZstdDecompress();
  pipeline(file, unpacked, () => undefined); // an error destroys `unpacked`: its reader sees it
  return unpacked;
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function zipAsTar(path: string): Promise<Readable> {
  const [{ openPromise }, { pack }] = await Promise.all([import("yauzl"), import("tar-stream")]);
  // yauzl refuses absolute names, `..` and sizes that lie.
  const zip = await openPromise(path, { lazyEntries: true });
  const tar = pack();
  const out = new PassThrough({ highWaterMark: 256 * 1024 });
  pipeline(tar, out, () => zip.close());
  void copyEntries(zip, tar).catch((error: Error) => out.destroy(error));
  return out;
}

async function copyEntries(zip: ZipFile, tar: Pack): Promise<void> {
  for await (const entry of zip.eachEntry()) {
    const header = { name: entry.fileName, mtime: entry.getLastModDate(), ...ownerless };
    const unixMode = entry.externalFileAttributes >>> 16;
    if (entry.fileName.endsWith("/")) {
      await new Promise<void>((resolve, reject) =>
        tar.entry({ ...header, type: "directory", mode: unixMode & 0o777 || 0o755 }, (error) =>
          error ? reject(error) : resolve(),
        ),
      );
    } else if ((unixMode & S_IFMT) === S_IFLNK) {
      const linkname = await linkTarget(zip, entry);
      tar.entry({ ...header, type: "symlink", linkname, mode: 0o777 });
    } else {
      const size = entry.uncompressedSize;
      const sink = tar.entry({ ...header, type: "file", size, mode: unixMode & 0o777 || 0o644 });
      const source = await zip.openReadStreamPromise(entry);
      await new Promise<void>((resolve, reject) => {
        pipeline(source, sink, (error) => (error ? reject(error) : resolve()));
      });
    }
  }
  tar.finalize();
}

const ownerless = { uid: 0, gid: 0 } as const;

async function linkTarget(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > LINK_TARGET_MAX) throw new RangeError(`link target of ${entry.fileName} is too long`);
  const chunks: Buffer[] = [];
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
