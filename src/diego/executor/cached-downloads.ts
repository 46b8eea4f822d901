import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tarStreamOf } from "./archive-tar.ts";
import { extractTar } from "./extract-tar.ts";
import { checksumOf, type Download, type DownloadDeps, downloadTo, type Version } from "./http-download.ts";

/** An unpacked dependency may be this many times its packed size, at least 256 MiB: more is a bomb. */
const UNPACK_FACTOR = 100;
const UNPACK_MIN = 256 * 1024 ** 2;

export interface Fetched extends AsyncDisposable {
  /** File (or folder) that stays until it is disposed of. */
  readonly path: string;
  /** Bytes that came over the network; 0 when the cache had it. */
  readonly downloadedBytes: number;
}

interface Entry extends Version {
  readonly cacheKey: string;
  readonly path: string;
  users: number;
  usedAtMs: number;
  /** Replaced by a newer version: goes when its last user goes. */
  stale: boolean;
}

/** Downloads that are kept by key and version, within a limit; the longest unused goes first. Diego: cacheddownloader */
export class CachedDownloads {
  readonly #root: string;
  readonly #bytesMax: number;
  readonly #deps: DownloadDeps;
  readonly #entries = new Map<string, Entry>();
  readonly #turns = new Map<string, Promise<unknown>>();

  private constructor(root: string, bytesMax: number, deps: DownloadDeps) {
    this.#root = root;
    this.#bytesMax = bytesMax;
    this.#deps = deps;
  }

  /** Finds what an earlier run has kept and removes what it left half-done. */
  static async open(root: string, bytesMax: number, deps: DownloadDeps): Promise<CachedDownloads> {
    await mkdir(root, { recursive: true });
    const cache = new CachedDownloads(root, bytesMax, deps);
    const names = new Set(await readdir(root));
    const kept = new Set<string>();
    for (const name of names) {
      if (!name.endsWith(".json") || !names.has(name.slice(0, -5))) continue;
      const version = await readFile(join(root, name), "utf8").then(parseNote, () => null);
      if (version === null) continue;
      const path = join(root, name.slice(0, -5));
      cache.#entries.set(idOf(version.cacheKey, name.includes(".dir-")), {
        ...version,
        path,
        users: 0,
        usedAtMs: (await stat(join(root, name))).mtimeMs,
        stale: false,
      });
      kept.add(name).add(name.slice(0, -5));
    }
    for (const name of names) if (!kept.has(name)) await rm(join(root, name), { recursive: true, force: true });
    return cache;
  }

  /** The file as it was downloaded. Throws when it cannot be had or its checksum is wrong. */
  file(download: Download, signal: AbortSignal): Promise<Fetched> {
    return this.#fetch(download, false, signal);
  }

  /** The archive unpacked in a folder, for mounting. */
  folder(download: Download, signal: AbortSignal): Promise<Fetched> {
    return this.#fetch(download, true, signal);
  }

  /** Keeps a folder that a container from an earlier run has mounted. */
  retainFolder(cacheKey: string): AsyncDisposable {
    const entry = this.#entries.get(idOf(cacheKey, true));
    if (entry === undefined) return { [Symbol.asyncDispose]: async () => undefined };
    return this.#use(entry, 0);
  }

  async #fetch(download: Download, unpacked: boolean, signal: AbortSignal): Promise<Fetched> {
    const id = idOf(download.cacheKey, unpacked);
    if (download.cacheKey === "") return this.#fresh(download, null, unpacked, signal);
    // One fetch per key at a time: whoever comes second finds the first one's result.
    const before = this.#turns.get(id);
    const turn = (async () => {
      await before?.catch(() => undefined);
      signal.throwIfAborted();
      const known = this.#entries.get(id) ?? null;
      const checksum = checksumOf(download);
      if (known !== null && checksum !== "" && known.checksum === checksum) return this.#use(known, 0);
      // What is only not modified must still be there when the answer comes.
      await using _held = known === null ? null : this.#use(known, 0);
      return await this.#fresh(download, known, unpacked, signal);
    })();
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  async #fresh(download: Download, known: Entry | null, unpacked: boolean, signal: AbortSignal): Promise<Fetched> {
    const name = `${createHash("sha256").update(download.cacheKey).digest("hex").slice(0, 32)}.${unpacked ? "dir" : "file"}-${this.#deps.random.guid()}`;
    const temporary = join(this.#root, `${name}.part`);
    try {
      const got = await downloadTo(temporary, download, known, this.#deps, signal);
      if (got === null) return this.#use(known!, 0);
      const path = join(this.#root, name);
      let bytes = got.bytes;
      if (unpacked) {
        const folder = `${temporary}.d`;
        await mkdir(folder);
        const unpackMax = Math.max(got.bytes * UNPACK_FACTOR, UNPACK_MIN);
        bytes += await extractTar(await tarStreamOf(temporary), folder, unpackMax, signal);
        await rename(folder, path);
      } else await rename(temporary, path);
      const { cacheKey } = download;
      const entry: Entry = { ...got, cacheKey, bytes, path, users: 0, usedAtMs: this.#deps.clock.nowMs(), stale: true };
      if (cacheKey !== "" && (got.etag !== "" || got.lastModified !== "" || got.checksum !== "")) {
        await this.#keep(entry, unpacked);
      }
      return this.#use(entry, got.bytes);
    } finally {
      await rm(temporary, { force: true });
      await rm(`${temporary}.d`, { recursive: true, force: true });
    }
  }

  async #keep(entry: Entry, unpacked: boolean): Promise<void> {
    const { cacheKey, etag, lastModified, checksum, bytes } = entry;
    await writeFile(`${entry.path}.json`, JSON.stringify({ cacheKey, etag, lastModified, checksum, bytes }));
    const id = idOf(cacheKey, unpacked);
    const old = this.#entries.get(id);
    entry.stale = false;
    this.#entries.set(id, entry);
    if (old !== undefined) {
      old.stale = true;
      await this.#removeWhenUnused(old);
    }
    entry.users++; // not this one, whatever the limit
    await this.#makeRoom();
    entry.users--;
  }

  async #makeRoom(): Promise<void> {
    let total = 0;
    for (const entry of this.#entries.values()) total += entry.bytes;
    const oldestFirst = [...this.#entries].sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
    for (const [id, entry] of oldestFirst) {
      if (total <= this.#bytesMax) return;
      if (entry.users > 0) continue;
      this.#entries.delete(id);
      entry.stale = true;
      total -= entry.bytes;
      await this.#removeWhenUnused(entry);
    }
  }

  #use(entry: Entry, downloadedBytes: number): Fetched {
    entry.users++;
    entry.usedAtMs = this.#deps.clock.nowMs();
    if (!entry.stale) {
      const at = entry.usedAtMs / 1000;
      void utimes(`${entry.path}.json`, at, at).catch(() => undefined); // only the order of eviction depends on it
    }
    let released = false;
    return {
      path: entry.path,
      downloadedBytes,
      [Symbol.asyncDispose]: async () => {
        if (released) return;
        released = true;
        entry.users--;
        await this.#removeWhenUnused(entry);
      },
    };
  }

  async #removeWhenUnused(entry: Entry): Promise<void> {
    if (!entry.stale || entry.users > 0) return;
    await rm(`${entry.path}.json`, { force: true });
    await rm(entry.path, { recursive: true, force: true });
  }
}

function idOf(cacheKey: string, unpacked: boolean): string {
  return `${unpacked ? "dir" : "file"} ${cacheKey}`;
}

/** The note beside a kept download. */
function parseNote(text: string): (Version & { readonly cacheKey: string }) | null {
  const value = JSON.parse(text) as Partial<Version & { readonly cacheKey: string }>;
  const { cacheKey, etag, lastModified, checksum, bytes } = value;
  if (typeof cacheKey !== "string" || typeof bytes !== "number") return null;
  return { cacheKey, bytes, etag: etag ?? "", lastModified: lastModified ?? "", checksum: checksum ?? "" };
}
