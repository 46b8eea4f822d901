import type { Readable } from "node:stream";
import type { Entry, ZipFile } from "yauzl";
import { CcError } from "../../errors.ts";
import { entryFault, entryKind, symlinkFault, type ZipEntryFacts } from "./zip-check.ts";

export interface ZipLimits {
  /** Of all files together, unpacked. */
  readonly bytesMax: number;
}

/** More than any app has; a bound for memory. */
const ENTRIES_MAX = 500_000;

/** An open archive: `entries` were read from the central directory, `read` gives an entry's content. */
export interface ZipArchive extends AsyncDisposable {
  readonly entries: readonly ZipEntry[];
  /** Fails when the content is longer than the directory says, or damaged. */
  read(entry: ZipEntry): Promise<Readable>;
}

export interface ZipEntry extends ZipEntryFacts {
  readonly kind: "file" | "folder" | "symlink";
  readonly modified: Date;
  readonly raw: Entry;
}

/**
 * Opens and checks names, kinds and sizes. Throws `AppBitsUploadInvalid` and `AppPackageInvalid`. CC: lib/cloud_controller/app_packager.rb
 */
export async function openZip(path: string, limits: ZipLimits): Promise<ZipArchive> {
  const { openPromise } = await import("yauzl");
  // Names stay bytes: what we check must be what is unpacked, without yauzl's own corrections.
  const file = await openPromise(path, { autoClose: false, lazyEntries: true, decodeStrings: false }).catch(
    (error: Error) => {
      throw invalidZip(firstWords(error.message), error);
    },
  );
  try {
    const entries = await readEntries(file, limits);
    return {
      entries,
      read: (entry) => openEntry(file, entry),
      [Symbol.asyncDispose]: async () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Reads every entry once: damaged contents, lying sizes and links out of the archive come to light before anybody unpacks them. */
export async function verifyZip(path: string, limits: ZipLimits): Promise<void> {
  await using archive = await openZip(path, limits);
  for (const entry of archive.entries) {
    if (entry.kind === "folder") continue;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of await archive.read(entry)) if (entry.kind === "symlink") chunks.push(chunk as Buffer);
    } catch (error) {
      throw invalidZip(firstWords((error as Error).message), error);
    }
    const fault = entry.kind === "symlink" ? symlinkFault(entry.name, Buffer.concat(chunks).toString()) : null;
    if (fault !== null) throw invalidZip(fault);
  }
}

async function readEntries(file: ZipFile, limits: ZipLimits): Promise<ZipEntry[]> {
  if (file.entryCount === 0) throw invalidZip("zipfile is empty");
  if (file.entryCount > ENTRIES_MAX) throw invalidZip("too many files");
  const entries: ZipEntry[] = [];
  let total = 0;
  for await (const raw of eachEntry(file)) {
    const name = (raw.fileName as unknown as Buffer).toString("utf8");
    const madeOnUnix = raw.versionMadeBy >> 8 === 3;
    const facts = {
      name,
      uncompressedSize: raw.uncompressedSize,
      mode: madeOnUnix ? raw.externalFileAttributes >>> 16 : 0,
    };
    const fault = entryFault(facts);
    if (fault !== null) throw invalidZip(fault);
    if (raw.isEncrypted()) throw invalidZip("archive is encrypted");
    total += facts.uncompressedSize;
    if (total > limits.bytesMax) throw packageTooLarge(limits.bytesMax);
    entries.push({ ...facts, kind: entryKind(facts)!, modified: raw.getLastModDate(), raw });
  }
  return entries;
}

async function* eachEntry(file: ZipFile): AsyncGenerator<Entry> {
  for (let read = 0; read < file.entryCount; read++) {
    const entry = await new Promise<Entry | null>((resolve, reject) => {
      const settle = (done: () => void): void => {
        file.removeAllListeners("entry");
        file.removeAllListeners("end");
        file.removeAllListeners("error");
        done();
      };
      file.once("entry", (found: Entry) => settle(() => resolve(found)));
      file.once("end", () => settle(() => resolve(null)));
      file.once("error", (error: Error) => settle(() => reject(invalidZip(firstWords(error.message), error))));
      file.readEntry();
    });
    if (entry === null) return;
    yield entry;
  }
}

function openEntry(file: ZipFile, entry: ZipEntry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    file.openReadStream(entry.raw, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}

/** CC: app_packager.rb, invalid_zip! */
export function invalidZip(reason: string | null, cause?: unknown): CcError {
  const text = reason === null ? "Invalid zip archive." : `Invalid zip archive (${reason}).`;
  return new CcError("AppBitsUploadInvalid", [text], { cause });
}

export function packageTooLarge(bytesMax: number): CcError {
  return new CcError("AppPackageInvalid", [`Package may not be larger than ${bytesMax} bytes`]);
}

function firstWords(message: string): string {
  if (/end of central directory/i.test(message)) return "end-of-central-directory signature not found";
  return message.split("\n")[0]!.slice(0, 120);
}
