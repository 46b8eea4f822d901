import { existsSync, readdirSync, type Stats, statSync } from "node:fs";
import { chmod, copyFile, lchown, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Log } from "../../../kit/log.ts";

/** One file of a runtime: as it is, and compressed as the builder puts it into droplets. */
export interface KnownFile {
  readonly plainPath: string;
  readonly compressedPath: string;
  /** Belongs to the app's user, never changes, and may get further names in layers; null while there is none. */
  readonly sharedPath: string | null;
}

/** Smaller ones are sooner unpacked than found. */
const KNOWN_BYTES_MIN = 1 << 20;
/** As the store of runtimes has its programs. */
export const SHARED_MODE = 0o755;

/**
 * The large files of runtimes that droplets hold, above all Node itself. Layers have them as further names of one file,
 * so that they are not unpacked again, lie on the disk once and in the page cache once for all apps of the cell.
 */
export class KnownFiles {
  readonly #root: string;
  readonly #runtimesPath: string;
  readonly #ownerId: number;
  readonly #log: Log;
  readonly #making = new Map<string, Promise<void>>();

  /**
   * @param root own folder, on the file system of the layers
   * @param runtimesPath store in which `X.gz/F` is file `X/F` compressed (see lifecycle); empty: none
   */
  constructor(root: string, runtimesPath: string, ownerId: number, log: Log) {
    this.#root = root;
    this.#runtimesPath = runtimesPath;
    this.#ownerId = ownerId;
    this.#log = log;
  }

  /** What is known now. The shared ones are made in the background: a later call has them. */
  find(): KnownFile[] {
    return this.#pairs().map(({ plainPath, compressedPath }) => {
      const sharedPath = join(this.#root, this.#nameOf(plainPath, statSync(plainPath)));
      if (existsSync(sharedPath)) return { plainPath, compressedPath, sharedPath };
      if (!this.#making.has(sharedPath)) this.#making.set(sharedPath, this.#share(plainPath, sharedPath));
      return { plainPath, compressedPath, sharedPath: null };
    });
  }

  /** Removes what is known no more; layers keep their own names of it. */
  async sweep(): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const known = new Set(this.#pairs().map(({ plainPath }) => this.#nameOf(plainPath, statSync(plainPath))));
    for (const name of await readdir(this.#root)) {
      if (!known.has(name)) await rm(join(this.#root, name), { force: true });
    }
  }

  /** Resolves when nothing is made in the background. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#making.values());
  }

  async #share(plainPath: string, sharedPath: string): Promise<void> {
    const part = `${sharedPath}.part`;
    try {
      const { atime, mtime } = await stat(plainPath);
      await copyFile(plainPath, part);
      await lchown(part, this.#ownerId, this.#ownerId);
      await chmod(part, SHARED_MODE);
      await utimes(part, atime, mtime);
      await using file = await open(part, "r");
      await file.sync();
      await rename(part, sharedPath);
    } catch (error) {
      this.#log.info("a runtime's file is not shared", { path: plainPath, error });
      await rm(part, { force: true });
    }
  }

  #nameOf(plainPath: string, { size, mtimeMs }: Stats): string {
    return `${relative(this.#runtimesPath, plainPath).replaceAll("/", "_")}.${size}.${Math.floor(mtimeMs)}`;
  }

  #pairs(): Pick<KnownFile, "plainPath" | "compressedPath">[] {
    if (this.#runtimesPath === "" || !existsSync(this.#runtimesPath)) return [];
    const found: Pick<KnownFile, "plainPath" | "compressedPath">[] = [];
    for (const name of readdirSync(this.#runtimesPath).filter((entry) => entry.endsWith(".gz"))) {
      const folder = join(this.#runtimesPath, name);
      for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        const plainPath = join(folder.slice(0, -".gz".length), file);
        const compressedPath = join(folder, file);
        if (isLargeFile(compressedPath) && isLargeFile(plainPath)) found.push({ plainPath, compressedPath });
      }
    }
    return found;
  }
}

function isLargeFile(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size >= KNOWN_BYTES_MIN;
}
