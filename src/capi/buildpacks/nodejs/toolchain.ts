import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { arch, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { runQuiet } from "../stager/command.ts";
import { withoutPassword } from "../stager/download.ts";
import type { BuildpackLog } from "../stager/log.ts";
import { discard, isIntact, type NpmRegistry } from "../stager/npm-package.ts";
import type { Environment, Stager } from "../stager/stager.ts";

/**
 * Puts Node and package managers into the dependency folder: from the platform's read-only store by a link, which the
 * builder resolves when it packs the droplet, else from the registry by way of the app's cache.
 */
export class Toolchain {
  readonly #stager: Stager;
  readonly #log: BuildpackLog;
  readonly #registry: NpmRegistry;
  readonly #runtimesDir: string;
  readonly #env: Environment;
  readonly #cacheDir: string;
  readonly #used = new Set<string>();

  constructor(stager: Stager, log: BuildpackLog, registry: NpmRegistry, runtimesDir: string, env: Environment) {
    this.#stager = stager;
    this.#log = log;
    this.#registry = registry;
    this.#runtimesDir = runtimesDir;
    this.#env = env;
    this.#cacheDir = join(stager.cacheDir, "dependencies");
  }

  get nodeDir(): string {
    return join(this.#stager.depDir, "node");
  }

  /** Versions of a runtime in the platform's store. */
  onPlatform(name: "node" | "npm"): string[] {
    if (!existsSync(this.#runtimesDir)) return [];
    return readdirSync(this.#runtimesDir).flatMap((entry) =>
      entry.startsWith(`${name}-`) && !entry.endsWith(".gz") && !entry.endsWith(".partial")
        ? [entry.slice(name.length + 1)]
        : [],
    );
  }

  /** Versions that the registry has; when it does not answer, those that the app's cache has. */
  async nodeInRegistry(): Promise<string[]> {
    return await this.#registry.versions(nodePackage()).catch((error) => {
      const cached = this.#cached(nodePackage());
      if (cached.length === 0) throw error;
      this.#log.warning(`The registry did not answer; using a cached version of node\n${(error as Error).message}`);
      return cached;
    });
  }

  async npmVersions(): Promise<string[]> {
    return await this.#registry.versions("npm");
  }

  async packageVersions(name: string): Promise<string[]> {
    return await this.#registry.versions(name);
  }

  /** Gives the folder with Node's headers, for native add-ons; null when there is none. */
  async installNode(version: string, withHeaders: boolean): Promise<string | null> {
    this.#log.step(`Installing node ${version}`);
    const bin = join(this.nodeDir, "bin");
    mkdirSync(bin, { recursive: true });
    const store = join(this.#runtimesDir, `node-${version}`);
    let headers: string | null = null;
    if (existsSync(join(store, "bin", "node"))) {
      this.#log.info(`Copy [${store}]`);
      symlinkSync(join(store, "bin", "node"), join(bin, "node"));
      if (existsSync(join(store, "LICENSE"))) symlinkSync(join(store, "LICENSE"), join(this.nodeDir, "LICENSE"));
      if (existsSync(join(store, "include"))) headers = store;
    } else {
      const archive = await this.#fetch(nodePackage(), version);
      await this.#extract(archive, this.nodeDir, ["*/bin/node", "*/LICENSE"]);
      if (withHeaders) {
        headers = mkdtempSync(join(tmpdir(), "node-headers-"));
        await this.#extract(archive, headers, ["*/include/*"]);
      }
    }
    this.#stager.link(join(bin, "node"), "bin", "node");
    this.#supplyLibatomic();
    return headers;
  }

  /** Installs npm; false when it is neither here nor `needed`, so that it would only cost a download. */
  async installNpm(version: string, needed: boolean): Promise<boolean> {
    const store = join(this.#runtimesDir, `npm-${version}`);
    const target = join(this.nodeDir, "lib", "node_modules", "npm");
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(join(store, "package.json"))) {
      symlinkSync(store, target);
    } else if (needed || this.#cached("npm").includes(version)) {
      await this.#extract(await this.#fetch("npm", version), target);
    } else {
      return false;
    }
    for (const [name, script] of [
      ["npm", "npm-cli.js"],
      ["npx", "npx-cli.js"],
    ] as const) {
      const link = join(this.nodeDir, "bin", name);
      symlinkSync(relative(dirname(link), join(target, "bin", script)), link);
      this.#stager.link(link, "bin", name);
    }
    return true;
  }

  /** Installs a package manager from its package, with those programs that its package.json names. */
  async installTool(name: string, packageName: string, version: string, programs: readonly string[]): Promise<void> {
    this.#log.step(`Installing ${name} ${version}`);
    const target = join(this.#stager.depDir, name);
    await this.#extract(await this.#fetch(packageName, version), target);
    const { bin = {} } = JSON.parse(readFileSync(join(target, "package.json"), "utf8")) as {
      bin?: Readonly<Record<string, string>>;
    };
    for (const program of programs) {
      const file = bin[program];
      if (file === undefined) continue;
      chmodSync(join(target, file), 0o755);
      this.#stager.link(join(target, file), "bin", program);
    }
  }

  /** Forgets cached archives that this staging did not use. */
  cleanCache(): void {
    if (!existsSync(this.#cacheDir)) return;
    for (const name of readdirSync(this.#cacheDir)) {
      if (!this.#used.has(name.replace(/\.integrity$/, ""))) rmSync(join(this.#cacheDir, name), { force: true });
    }
  }

  /** A verified archive of the package in the app's cache. */
  async #fetch(name: string, version: string): Promise<string> {
    const file = `${name.replace("/", "+")}-${version}.tgz`;
    const path = join(this.#cacheDir, file);
    this.#used.add(file);
    if (existsSync(path) && existsSync(`${path}.integrity`)) {
      if (isIntact(readFileSync(path), readFileSync(`${path}.integrity`, "utf8"))) {
        this.#log.info(`Copy [${path}]`);
        return path;
      }
      discard(path);
    }
    const found = await this.#registry.package(name, version);
    this.#log.info(`Download [${withoutPassword(found.tarball)}]`);
    await this.#registry.download(found, path);
    writeFileSync(`${path}.integrity`, found.integrity);
    return path;
  }

  async #extract(archive: string, target: string, only: readonly string[] = []): Promise<void> {
    mkdirSync(target, { recursive: true });
    const selection = only.length === 0 ? [] : ["--wildcards", ...only];
    const args = ["-xzf", archive, "-C", target, "--strip-components=1", "--no-same-owner", ...selection];
    await runQuiet("tar", args, { cwd: "/", env: this.#env });
  }

  #cached(name: string): string[] {
    if (!existsSync(this.#cacheDir)) return [];
    const prefix = `${name.replace("/", "+")}-`;
    return readdirSync(this.#cacheDir).flatMap((file) =>
      file.startsWith(prefix) && file.endsWith(".tgz") ? [file.slice(prefix.length, -".tgz".length)] : [],
    );
  }

  /**
   * Node 26 needs libatomic. The builder's copy goes into every droplet, even where this stack has the library: the
   * droplet may run on a cell whose stack, or whose isolation, shows another set of libraries.
   */
  #supplyLibatomic(): void {
    const own = join(dirname(dirname(process.execPath)), "lib", "libatomic.so.1");
    if (!existsSync(own)) return;
    const target = join(this.nodeDir, "lib", "libatomic.so.1");
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, readFileSync(own));
    this.#stager.link(target, "lib", "libatomic.so.1");
  }
}

function nodePackage(): string {
  return `node-linux-${arch()}`;
}
