import { open as openFile } from "node:fs";
import type { Readable } from "node:stream";
import { type Entry, fromFd, type ZipFile } from "yauzl";
import { CliError } from "../errors.ts";
import { type AppFile, type AppFiles, sha1Of } from "./app-file.ts";
import { ignoreRules } from "./cf-ignore.ts";

const S_IFMT = 0o170_000;
const S_IFLNK = 0o120_000;
const CFIGNORE_BYTES_MAX = 1_048_576;

/** The contents of a zip (jar, war) file. It stays open until disposed. */
export async function gatherArchive(path: string): Promise<AppFiles> {
  const zip = await openZip(path);
  try {
    const entries = await entriesOf(zip);
    const ignoreEntry = entries.find((entry) => entry.fileName === ".cfignore");
    const rules = ignoreRules(ignoreEntry === undefined ? "" : await textOf(zip, ignoreEntry));
    const files: AppFile[] = [];
    for (const entry of entries) {
      const isFolder = entry.fileName.endsWith("/");
      const name = entry.fileName.replace(/\/+$/, "");
      if (name === "" || rules.ignores(name, isFolder)) continue;
      files.push(await appFileOf(zip, entry, name, isFolder));
    }
    if (files.length === 0) throw new CliError(`No app files found in '${path}'`);
    return { files, [Symbol.asyncDispose]: async () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function appFileOf(zip: ZipFile, entry: Entry, path: string, isFolder: boolean): Promise<AppFile> {
  const unixMode = entry.externalFileAttributes >>> 16;
  const common = { path, modified: entry.getLastModDate(), open: () => streamOf(zip, entry) };
  if (isFolder) return { ...common, kind: "folder", mode: 0o755, size: 0, sha1: "", target: "" };
  if ((unixMode & S_IFMT) === S_IFLNK) {
    return { ...common, kind: "link", mode: 0o777, size: 0, sha1: "", target: await textOf(zip, entry) };
  }
  const sha1 = await sha1Of(common.open);
  return { ...common, kind: "file", mode: 0o744, size: entry.uncompressedSize, sha1, target: "" };
}

function openZip(path: string): Promise<ZipFile> {
  return new Promise((done, reject) => {
    openFile(path, "r", (openError, fd) => {
      if (openError !== null) {
        reject(new CliError(`Could not read ${path}: ${openError.message}`));
        return;
      }
      fromFd(fd, { lazyEntries: true, autoClose: false }, (error, zip) => {
        if (error !== null) reject(new CliError(`${path} is neither a folder nor a zip file: ${error.message}`));
        else done(zip);
      });
    });
  });
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  return new Promise((done, reject) => {
    const entries: Entry[] = [];
    zip.on("entry", (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.once("end", () => done(entries));
    zip.once("error", (error: Error) => reject(new CliError(`Could not read the archive: ${error.message}`)));
    zip.readEntry();
  });
}

function streamOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((done, reject) => {
    zip.openReadStream(entry, (error, stream) => (error === null ? done(stream) : reject(error)));
  });
}

async function textOf(zip: ZipFile, entry: Entry): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await streamOf(zip, entry)) {
    size += (chunk as Buffer).length;
    if (size > CFIGNORE_BYTES_MAX) throw new CliError(`${entry.fileName} in the archive is too large`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}
