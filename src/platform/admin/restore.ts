import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { syncFolder } from "../sync-folder.ts";
import {
  type BackupFile,
  type BackupHeader,
  BadBackupError,
  digestInPath,
  HEADER_NAME,
  isBackupPath,
  MANIFEST_NAME,
  readHeader,
  readManifest,
} from "./backup-manifest.ts";
import { databaseFaults } from "./database-snapshot.ts";
import { partialPath } from "./partial-path.ts";

const HEADER_BYTES_MAX = 65_536;
const MANIFEST_BYTES_MAX = 512 * 1_048_576;
/** Everything but certificates, which others may read. */
const MODE = 0o600;

export interface RestoreReport {
  readonly header: BackupHeader;
  readonly files: number;
  /** Blobs that were no longer what they should be when the backup was made; they are not there now. */
  readonly leftOut: readonly string[];
}

/**
 * Makes the state folder `target`, which must be missing or empty, out of a backup. Everything is checked before the folder gets its
 * name: digests, that nothing is missing or more, every database. Throws `BadBackupError`; then `target` is as it was.
 */
export async function restore(archive: string, target: string, signal: AbortSignal): Promise<RestoreReport> {
  if (existsSync(target) && readdirSync(target).length > 0) throw new BadBackupError(`${target} is not empty`);
  mkdirSync(dirname(target), { recursive: true });
  const partial = partialPath(target);
  try {
    mkdirSync(partial, { mode: 0o700 });
    const { header, manifest, written } = await unpack(archive, partial, signal);
    const leftOut = await compare(partial, manifest, written);
    for (const { path } of manifest) {
      if (!path.endsWith(".sqlite")) continue;
      const [fault] = databaseFaults(join(partial, path), 1);
      if (fault !== undefined) throw new BadBackupError(`${path} is broken: ${fault}`);
    }
    if (!written.has("secrets.json")) throw new BadBackupError("it has no secrets.json");
    for (const folder of foldersIn(partial)) syncFolder(folder);
    renameSync(partial, target);
    syncFolder(dirname(target));
    return { header, files: manifest.length - leftOut.length, leftOut };
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

interface Unpacked {
  readonly header: BackupHeader;
  readonly manifest: readonly BackupFile[];
  /** What was written, by path. */
  readonly written: ReadonlyMap<string, BackupFile>;
}

async function unpack(archive: string, folder: string, signal: AbortSignal): Promise<Unpacked> {
  const { extract: newExtract } = await import("tar-stream");
  const extract = newExtract();
  const written = new Map<string, BackupFile>();
  let header: BackupHeader | null = null;
  let manifest: readonly BackupFile[] | null = null;
  const flowing = pipeline(createReadStream(archive), createGunzip(), extract, { signal });
  flowing.catch(() => undefined); // told below
  try {
    for await (const entry of extract) {
      const { name, type, size = 0 } = entry.header;
      const body = entry as unknown as Readable;
      if (header === null) {
        if (name !== HEADER_NAME || type !== "file") throw new BadBackupError("this is no backup of Ingot");
        header = readHeader(await textOf(body, HEADER_BYTES_MAX));
      } else if (manifest !== null) {
        throw new BadBackupError(`${printable(name)} comes after its list of files`);
      } else if (name === MANIFEST_NAME && type === "file") {
        manifest = readManifest(await textOf(body, MANIFEST_BYTES_MAX)).files;
      } else {
        if (type !== "file") throw new BadBackupError(`${printable(name)} in it is a ${type}, no file`);
        if (!isBackupPath(name)) throw new BadBackupError(`${printable(name)} does not belong into a backup`);
        if (written.has(name)) throw new BadBackupError(`${name} is in it twice`);
        const sha256 = await writeOut(join(folder, name), body);
        written.set(name, { path: name, size, sha256 });
      }
    }
    await flowing;
  } catch (error) {
    extract.destroy();
    signal.throwIfAborted();
    throw asBadBackup(error);
  }
  if (header === null) throw new BadBackupError("this is no backup of Ingot");
  if (manifest === null) throw new BadBackupError("it was cut off: its list of files is missing");
  return { header, manifest, written };
}

/** What the list says against what came. Removes blobs that are not what their name says, and gives them. */
async function compare(
  folder: string,
  manifest: readonly BackupFile[],
  written: ReadonlyMap<string, BackupFile>,
): Promise<string[]> {
  const leftOut: string[] = [];
  if (manifest.length !== written.size) throw new BadBackupError("its list of files is not what it holds");
  for (const { path, size, sha256 } of manifest) {
    const file = written.get(path);
    if (file === undefined) throw new BadBackupError(`${printable(path)} is missing in it`);
    if (file.size !== size || file.sha256 !== sha256) throw new BadBackupError(`${path} in it is damaged`);
    if ((digestInPath(path) ?? sha256) === sha256) continue;
    await rm(join(folder, path));
    leftOut.push(path);
  }
  return leftOut;
}

async function writeOut(path: string, body: Readable): Promise<string> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const hash = createHash("sha256");
  const file = await open(path, "wx", path.endsWith(".crt") ? 0o644 : MODE);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function textOf(body: Readable, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytesMax) throw new BadBackupError("its list of files is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** What gzip and tar say of damaged bytes, in our words; what the disk says stays as it is. */
function asBadBackup(error: unknown): unknown {
  if (error instanceof BadBackupError) return error;
  const { code = "", message = "" } = error as NodeJS.ErrnoException;
  if (code === "Z_BUF_ERROR" || /unexpected end/i.test(message)) return new BadBackupError("it was cut off");
  if (code.startsWith("Z_")) return new BadBackupError(`it is damaged: ${message}`);
  if (code === "" && error instanceof Error) return new BadBackupError(`it is damaged: ${message}`);
  if (code === "ENOENT") return new BadBackupError(message);
  return error;
}

function foldersIn(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...below.flatMap(({ name }) => foldersIn(join(folder, name))), folder];
}

function printable(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
