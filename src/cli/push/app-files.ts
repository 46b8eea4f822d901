import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { CliError } from "../errors.ts";
import { type AppFile, type AppFiles, sha1Of } from "./app-file.ts";
import { type IgnoreRules, ignoreRules } from "./cf-ignore.ts";

const ENTRIES_MAX = 500_000;
const NOTHING = async (): Promise<Readable> => {
  throw new Error("only files can be read");
};

/** All that a folder, or a zip file, holds for the app. Throws `CliError` when that is nothing. */
export async function gatherAppFiles(path: string): Promise<AppFiles> {
  const info = await lstat(await realpath(path));
  if (!info.isDirectory()) {
    const { gatherArchive } = await import("./app-archive.ts");
    return await gatherArchive(path);
  }
  const root = await realpath(path);
  const cfIgnore = await readFile(join(root, ".cfignore"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const files: AppFile[] = [];
  await gatherFolder(root, "", ignoreRules(cfIgnore), files);
  if (files.length === 0) throw new CliError(`No app files found in '${path}'`);
  return { files, [Symbol.asyncDispose]: async () => undefined };
}

/** Everything a folder holds, hidden or not. */
export async function gatherWholeFolder(root: string): Promise<readonly AppFile[]> {
  const files: AppFile[] = [];
  await gatherFolder(await realpath(root), "", { ignores: () => false, hasExceptions: false }, files);
  return files;
}

async function gatherFolder(
  root: string,
  folder: string,
  rules: Pick<IgnoreRules, "ignores" | "hasExceptions">,
  files: AppFile[],
): Promise<void> {
  const names = (await readdir(join(root, folder))).sort();
  for (const name of names) {
    const path = folder === "" ? name : `${folder}/${name}`;
    const full = join(root, path);
    const info = await lstat(full);
    const isFolder = info.isDirectory();
    const ignored = rules.ignores(path, isFolder);
    if (ignored && !(isFolder && rules.hasExceptions)) continue;
    const common = { path, mode: info.mode & 0o777, modified: info.mtime };
    if (files.length > ENTRIES_MAX) throw new CliError(`More than ${ENTRIES_MAX} files in '${root}'`);
    if (isFolder) {
      if (!ignored)
        files.push({ ...common, kind: "folder", mode: 0o755, size: 0, sha1: "", open: NOTHING, target: "" });
      await gatherFolder(root, path, rules, files);
    } else if (info.isSymbolicLink()) {
      files.push({ ...common, kind: "link", size: 0, sha1: "", open: NOTHING, target: await readlink(full) });
    } else if (info.isFile()) {
      const open = async (): Promise<Readable> => createReadStream(full);
      files.push({ ...common, kind: "file", size: info.size, sha1: await sha1Of(open), open, target: "" });
    }
  }
}
