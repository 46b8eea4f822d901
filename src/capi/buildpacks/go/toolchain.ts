import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { runQuiet } from "../stager/command.ts";
import { withoutPassword } from "../stager/download.ts";
import type { BuildpackLog } from "../stager/log.ts";
import type { Environment, Stager } from "../stager/stager.ts";
import { moduleHash } from "./module-hash.ts";
import { ModuleProxy } from "./module-proxy.ts";

/** Go's own releases are a module. Go: doc/toolchain */
const MODULE = "golang.org/toolchain";
const PREFIX = "v0.0.1-go";

/** Gets Go from the module proxy, verified by the checksum database; its archive stays in the app's cache. */
export class GoToolchain {
  readonly #stager: Stager;
  readonly #log: BuildpackLog;
  readonly #proxy: ModuleProxy;
  readonly #env: Environment;
  readonly #cacheDir: string;
  readonly #suffix = `.linux-${arch() === "arm64" ? "arm64" : "amd64"}`;

  constructor(stager: Stager, log: BuildpackLog, env: Environment) {
    this.#stager = stager;
    this.#log = log;
    this.#env = env;
    this.#proxy = new ModuleProxy(env);
    this.#cacheDir = join(stager.cacheDir, "go-toolchain");
  }

  /** What the proxy has; what the app's cache has when it does not answer. */
  async versions(): Promise<string[]> {
    try {
      return (await this.#proxy.versions(MODULE)).flatMap((version) => this.#goVersion(version));
    } catch (error) {
      const cached = existsSync(this.#cacheDir)
        ? readdirSync(this.#cacheDir).flatMap((file) => this.#goVersion(file.replace(/\.zip$/, "")))
        : [];
      if (cached.length === 0) throw error;
      this.#log.warning(`The module proxy did not answer; using a cached version of go\n${(error as Error).message}`);
      return cached;
    }
  }

  /** Makes `deps/N/goVERSION` and gives its path. */
  async install(version: string): Promise<string> {
    this.#log.step(`Installing go ${version}`);
    const moduleVersion = `${PREFIX}${version}${this.#suffix}`;
    const root = join(this.#stager.depDir, `go${version}`);
    const archive = join(this.#cacheDir, `${moduleVersion}.zip`);
    const wasCached = existsSync(archive);
    if (wasCached) this.#log.info(`Copy [${archive}]`);
    else {
      const address = await this.#proxy.download(MODULE, moduleVersion, archive);
      this.#log.info(`Download [${withoutPassword(address)}]`);
    }
    await this.#unpack(archive, moduleVersion, root);
    // The archive in the cache was verified when it came; nobody but this app writes there.
    if (!wasCached) await this.#verify(archive, moduleVersion, root);
    makeExecutable(root);
    for (const name of ["go", "gofmt"]) this.#stager.link(join(root, "bin", name), "bin", name);
    this.#keepOnly(`${moduleVersion}.zip`);
    return root;
  }

  async #unpack(archive: string, moduleVersion: string, root: string): Promise<void> {
    mkdirSync(this.#stager.depDir, { recursive: true });
    const scratch = mkdtempSync(join(this.#stager.depDir, "unpack-"));
    try {
      await runQuiet("unzip", ["-q", archive, "-d", scratch], { cwd: tmpdir(), env: this.#env });
      renameSync(join(scratch, "golang.org", `toolchain@${moduleVersion}`), root);
    } catch (error) {
      rmSync(archive, { force: true });
      throw error;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  async #verify(archive: string, moduleVersion: string, root: string): Promise<void> {
    const expected = await this.#proxy.checksum(MODULE, moduleVersion).catch((error) => {
      rmSync(archive, { force: true });
      throw error;
    });
    if (expected === null) return;
    const actual = await moduleHash(root, `${MODULE}@${moduleVersion}`);
    if (actual === expected) return;
    rmSync(archive, { force: true });
    throw new Error(`go ${moduleVersion}: checksum mismatch: ${actual} is not ${expected}`);
  }

  #goVersion(moduleVersion: string): string[] {
    if (!moduleVersion.startsWith(PREFIX) || !moduleVersion.endsWith(this.#suffix)) return [];
    return [moduleVersion.slice(PREFIX.length, -this.#suffix.length)];
  }

  #keepOnly(file: string): void {
    for (const name of readdirSync(this.#cacheDir)) {
      if (name !== file) rmSync(join(this.#cacheDir, name), { recursive: true, force: true });
    }
  }
}

/** A module's archive has no file modes; go itself sets these. */
function makeExecutable(root: string): void {
  for (const folder of ["bin", "pkg/tool"]) {
    if (!existsSync(join(root, folder))) continue;
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) chmodSync(join(entry.parentPath, entry.name), 0o755);
    }
  }
}
