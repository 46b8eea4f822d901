import { statfsSync } from "node:fs";
import { chmod, lchown, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Layer } from "../../../garden/client.ts";
import type { Clock } from "../../../kit/clock.ts";
import type { HttpClient } from "../../../kit/http-client.ts";
import type { Log } from "../../../kit/log.ts";
import type { Random } from "../../../kit/random.ts";
import { sha256OfFile } from "../../../kit/sha256-of-file.ts";
import { runChecked, type Subprocess } from "../../../kit/subprocess.ts";
import type { DownloadAction } from "../../../protocol/action.ts";
import { fetchFile } from "../http-download.ts";
import type { ContainerLayer } from "../model.ts";
import { digestOf } from "./droplet-download.ts";
import { KnownFiles } from "./known-files.ts";
import { endWorkersBelow, type UnpackingLimits, unpack } from "./unpacking.ts";

/** Of the disk's space that is free or ours, at most this part is kept. */
const DISK_SHARE = 0.25;
/** The app's user in every stack. cflinuxfs4: vcap */
const VCAP = 2000;
const MAKE_MS = 600_000;
const SYNC_MS = 600_000;
const REMOVE_MS = 120_000;
const REMOVE_ATTEMPTS = 5;
const REMOVE_PAUSE_MS = 50;

export interface DropletLayersDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly subprocess: Subprocess;
}

export interface HeldLayer extends Layer, AsyncDisposable {
  readonly layer: ContainerLayer;
}

export interface DropletLayersConfig {
  readonly root: string;
  readonly bytesMax: number;
  /** See `GardenClient`. */
  readonly layerIdOffset: number | null;
  /** See `KnownFiles`. */
  readonly runtimesPath: string;
}

interface Filled {
  readonly bytes: number;
  readonly downloadedBytes: number;
}

interface Entry {
  readonly digest: string;
  readonly bytes: number;
  users: number;
  usedAtMs: number;
}

/**
 * Droplets unpacked once for all instances of this cell, by checksum. The longest unused go when there are too many.
 *
 *     ROOT/SHA256/home/vcap/…    whole; nothing in it ever changes
 *     ROOT/SHA256.json           it is safe on the disk, over a loss of power too
 *     ROOT/shared/…              large files of runtimes that layers have as further names, see known-files.ts
 *     ROOT/….part                being made or being removed: the next start throws it away
 */
export class DropletLayers implements Disposable {
  /** False where containers take no layers: then nothing else may be called but `retain`. */
  readonly areUsed: boolean;
  readonly #root: string;
  readonly #bytesMax: number;
  /** Id on this machine of the containers' id 0. */
  readonly #rootId: number;
  readonly #deps: DropletLayersDeps;
  readonly #entries = new Map<string, Entry>();
  readonly #making = new Map<string, Promise<number>>();
  /** Whole, but perhaps not on the disk: good for containers that still run, since then there was no loss of power. */
  readonly #doubtful = new Set<string>();
  readonly #known: KnownFiles;
  readonly #end = new AbortController();

  private constructor(config: DropletLayersConfig, bytesMax: number, deps: DropletLayersDeps) {
    const { root, layerIdOffset } = config;
    this.#root = root;
    this.#bytesMax = bytesMax;
    this.areUsed = layerIdOffset !== null;
    this.#rootId = layerIdOffset ?? 0;
    this.#known = new KnownFiles(join(root, "shared"), config.runtimesPath, this.#rootId + VCAP, deps.log);
    this.#deps = deps;
  }

  /** Finds the layers of earlier runs. Call `retain` for those in use next, then `sweep`. */
  static async open(config: DropletLayersConfig, deps: DropletLayersDeps): Promise<DropletLayers> {
    const { root } = config;
    await mkdir(root, { recursive: true, mode: 0o700 });
    endWorkersBelow(root);
    const names = await readdir(root);
    const kept: Entry[] = [];
    for (const name of names.filter((name) => name.endsWith(".json"))) {
      const digest = name.slice(0, -".json".length);
      if (!names.includes(digest)) continue;
      const note = await readFile(join(root, name), "utf8").then(parseNote, () => null);
      if (note !== null) kept.push({ digest, ...note, users: 0, usedAtMs: (await stat(join(root, name))).mtimeMs });
    }
    const disk = statfsSync(root);
    const ours = kept.reduce((sum, { bytes }) => sum + bytes, 0);
    const share = Math.floor((disk.bavail * disk.bsize + ours) * DISK_SHARE);
    const layers = new DropletLayers(config, Math.min(config.bytesMax, share), deps);
    for (const entry of kept) layers.#entries.set(entry.digest, entry);
    for (const name of names) {
      if (/^[0-9a-f]{64}$/.test(name) && !layers.#entries.has(name)) layers.#doubtful.add(name);
      else if (name.endsWith(".part")) await layers.#removeFolder(join(root, name));
    }
    return layers;
  }

  /**
   * The layer of this droplet, made when it is not there; others who want the same wait for the same one. To be disposed
   * of when its container is gone. Rejects, with nothing left, when it cannot be had or is no decent archive.
   */
  async acquire(download: DownloadAction, limits: UnpackingLimits, signal: AbortSignal): Promise<HeldLayer> {
    return await this.#acquire(digestOf(download), signal, (part) => this.#fetch(download, part, limits, signal));
  }

  /**
   * Makes the layer of a droplet that lies in `file` before anybody asks for it: the app that was just staged here most
   * likely starts here next. The file must stay until this has resolved; rejects as `acquire` does.
   */
  async prepare(file: string, limits: UnpackingLimits, signal: AbortSignal): Promise<void> {
    const digest = await sha256OfFile(file, signal);
    const fill = async (part: string): Promise<Filled> => ({
      bytes: await this.#unpack(file, part, limits, signal),
      downloadedBytes: 0,
    });
    await using _made = await this.#acquire(digest, signal, fill);
  }

  /** Keeps the layer that a container of an earlier run has mounted. */
  retain({ digest, bytes, downloadedBytes }: ContainerLayer): AsyncDisposable {
    let entry = this.#entries.get(digest);
    if (entry === undefined) {
      entry = { digest, bytes, users: 0, usedAtMs: this.#deps.clock.nowMs() };
      this.#doubtful.delete(digest);
      this.#entries.set(digest, entry);
      void this.#secure(entry);
    }
    return this.#hold(entry, downloadedBytes);
  }

  /** Removes what nobody can use, and what is too much. */
  async sweep(): Promise<void> {
    for (const digest of this.#doubtful) await this.#removeFolder(join(this.#root, digest));
    this.#doubtful.clear();
    await this.#makeRoom();
    if (this.areUsed) await this.#known.sweep();
  }

  /** Waits for nothing: layers stay as they are. */
  [Symbol.dispose](): void {
    this.#end.abort(new Error("the platform goes away"));
  }

  async #acquire(digest: string, signal: AbortSignal, fill: (part: string) => Promise<Filled>): Promise<HeldLayer> {
    let downloadedBytes = 0;
    for (;;) {
      signal.throwIfAborted();
      const known = this.#entries.get(digest);
      if (known !== undefined) return this.#hold(known, downloadedBytes);
      const others = this.#making.get(digest);
      if (others !== undefined) {
        await others;
        continue;
      }
      const making = this.#make(digest, fill).finally(() => this.#making.delete(digest));
      this.#making.set(digest, making);
      downloadedBytes = await making;
    }
  }

  /** Gives the bytes that came over the network. */
  async #make(digest: string, fill: (part: string) => Promise<Filled>): Promise<number> {
    const { clock, random, log } = this.#deps;
    const startMs = clock.steadyMs();
    const part = join(this.#root, `${digest}.${random.guid()}.part`);
    await mkdir(part, { mode: 0o700 });
    try {
      const { bytes, downloadedBytes } = await fill(part);
      if (this.#doubtful.delete(digest)) await this.#removeFolder(join(this.#root, digest));
      await rename(part, join(this.#root, digest));
      const entry: Entry = { digest, bytes, users: 1, usedAtMs: clock.nowMs() };
      this.#entries.set(digest, entry);
      void this.#secure(entry);
      await this.#makeRoom();
      entry.users--;
      log.info("droplet unpacked", { digest, bytes, tookMs: Math.round(clock.steadyMs() - startMs) });
      return downloadedBytes;
    } catch (error) {
      await this.#removeFolder(part);
      throw error;
    }
  }

  /** From a file of this machine where the server has one, else downloaded first. */
  async #fetch(download: DownloadAction, part: string, limits: UnpackingLimits, stopped: AbortSignal): Promise<Filled> {
    const signal = this.#deps.clock.deadline(MAKE_MS, stopped);
    const archive = `${part}.archive.part`;
    try {
      const { path, isVerified } = await fetchFile(archive, download, this.#deps, signal);
      if (!isVerified && (await sha256OfFile(path, signal)) !== digestOf(download)) {
        throw new Error("checksum does not match");
      }
      const { size } = await stat(path);
      return { bytes: await this.#unpack(path, part, limits, signal), downloadedBytes: size };
    } finally {
      await rm(archive, { force: true });
    }
  }

  async #unpack(file: string, part: string, limits: UnpackingLimits, stopped: AbortSignal): Promise<number> {
    const signal = this.#deps.clock.deadline(MAKE_MS, stopped);
    const home = join(part, "home", "vcap");
    const userId = this.#rootId + VCAP;
    await mkdir(home, { recursive: true, mode: 0o700 });
    await lchown(home, userId, userId);
    const bytes = await unpack(file, home, userId, limits, this.#known.find(), this.#deps.subprocess, signal);
    for (const folder of [part, join(part, "home")]) {
      await lchown(folder, this.#rootId, this.#rootId);
      await chmod(folder, 0o755);
    }
    return bytes;
  }

  /** In the background: an app does not wait for the disk. */
  async #secure(entry: Entry): Promise<void> {
    const { subprocess, clock, log } = this.#deps;
    const path = join(this.#root, entry.digest);
    try {
      await runChecked(subprocess, "sync", ["-f", path], { signal: clock.deadline(SYNC_MS, this.#end.signal) });
      if (this.#entries.get(entry.digest) !== entry) return;
      await writeFile(`${path}.json.part`, JSON.stringify({ bytes: entry.bytes }));
      await rename(`${path}.json.part`, `${path}.json`);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      log.warn("a droplet's layer will be made again at the next start", { digest: entry.digest, error });
    }
  }

  async #makeRoom(): Promise<void> {
    let total = 0;
    for (const { bytes } of this.#entries.values()) total += bytes;
    for (const entry of [...this.#entries.values()].sort((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (total <= this.#bytesMax) return;
      if (entry.users > 0) continue;
      this.#entries.delete(entry.digest);
      total -= entry.bytes;
      await this.#remove(entry.digest);
    }
  }

  #hold(entry: Entry, downloadedBytes: number): HeldLayer {
    entry.users++;
    this.#touch(entry);
    let released = false;
    const { digest, bytes } = entry;
    return {
      path: join(this.#root, digest),
      bytes,
      layer: { digest, bytes, downloadedBytes },
      [Symbol.asyncDispose]: async () => {
        if (released) return;
        released = true;
        entry.users--;
        this.#touch(entry);
      },
    };
  }

  /** Only the order of eviction after a restart depends on the file. */
  #touch(entry: Entry): void {
    entry.usedAtMs = this.#deps.clock.nowMs();
    const at = entry.usedAtMs / 1000;
    void utimes(join(this.#root, `${entry.digest}.json`), at, at).catch(() => undefined);
  }

  /** First it is no layer any more, at once; a kill in between leaves nothing that looks like one. */
  async #remove(digest: string): Promise<void> {
    const gone = join(this.#root, `${digest}.${this.#deps.random.guid()}.part`);
    await rename(join(this.#root, `${digest}.json`), `${gone}.json.part`).catch(() => undefined);
    await rename(join(this.#root, digest), gone);
    await this.#removeFolder(gone);
    await this.#removeFolder(`${gone}.json.part`);
  }

  /** By rm(1): a tenant's folders can be nested deeper than a path may be long. */
  async #removeFolder(path: string): Promise<void> {
    const { subprocess, clock, log } = this.#deps;
    let reason = "";
    // Somebody who is just being killed may still write there.
    for (let attempt = 1; attempt <= REMOVE_ATTEMPTS; attempt++) {
      const { code, stderr } = await subprocess.run("rm", ["-rf", "--", path], { signal: clock.deadline(REMOVE_MS) });
      if (code === 0) return;
      reason = stderr;
      await clock.sleep(REMOVE_PAUSE_MS);
    }
    log.warn("a layer stays for the next start", { path, reason: reason.slice(0, 500) });
  }
}

function parseNote(text: string): { readonly bytes: number } | null {
  const { bytes } = JSON.parse(text) as { readonly bytes?: unknown };
  return typeof bytes === "number" ? { bytes } : null;
}
