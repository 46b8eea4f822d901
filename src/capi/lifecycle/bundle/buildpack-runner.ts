import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import {
  type BuilderConfig,
  buildpackPaths,
  depsIndex,
  isUrl,
  supplyBuildpacks,
  supplyCachePath,
} from "./builder-config.ts";
import { downloadBuildpack } from "./buildpack-download.ts";
import { type LaunchProcess, mergeProcesses, processesOfLaunchYml, processesOfMapping } from "./launch-processes.ts";
import { runScript } from "./script.ts";
import { FAILURE, StagingError } from "./staging-error.ts";
import {
  type BuildpackMetadata,
  buildpackMetadata,
  processTypes,
  stagingInfo,
  stagingResult,
} from "./staging-result.ts";
import { parseYaml, readIfThere, readYaml } from "./yaml-file.ts";

/** What the builder prints: our lines on standard output, complaints on standard error. */
export interface Printer {
  line(text: string): void;
  error(text: string): void;
}

/** The buildpack that finalizes, and the keys of all that took part. */
interface Chosen {
  readonly path: string;
  readonly keys: readonly string[];
  /** What `detect` printed: the name for want of another. */
  readonly detectOutput: string;
}

/**
 * Turns an app folder into a droplet's contents by running buildpacks: detect or supply, then finalize (or the older
 * compile), then processes from launch.yml, release and Procfile. Order, texts and layout: buildpackapplifecycle,
 * buildpackrunner/runner.go.
 */
export class BuildpackRunner {
  readonly contentsDir: string;
  readonly #config: BuilderConfig;
  readonly #print: Printer;
  readonly #depsDir: string;
  readonly #profileDir: string;

  constructor(config: BuilderConfig, print: Printer) {
    this.#config = config;
    this.#print = print;
    this.contentsDir = mkdtempSync(join(tmpdir(), "contents"));
    chmodSync(this.contentsDir, 0o755); // becomes the mode of the app's home
    this.#depsDir = join(this.contentsDir, "deps");
    this.#profileDir = join(this.contentsDir, "profile.d");
  }

  /** Leaves everything that belongs into the droplet, but for the app itself, in `contentsDir`; writes the result. */
  async run(): Promise<void> {
    this.#makeDirectories();
    for (const buildpack of this.#config.buildpackOrder.filter(isUrl)) {
      await downloadBuildpack(buildpack, buildpackPaths(this.#config, buildpack)[0], {
        skipCertVerify: this.#config.skipCertVerify,
        print: (line) => this.#print.line(line),
      });
    }
    this.#cleanCache();
    const chosen = this.#config.skipDetect ? await this.#supply() : await this.#detect();
    try {
      await this.#build(chosen);
    } catch (error) {
      // The Cloud Controller shows which buildpacks had a hand in the failure.
      this.#writeResult(null, await this.#metadataOf(chosen.keys));
      throw error;
    }
    for (const name of ["tmp", "logs"]) mkdirSync(join(this.contentsDir, name), { recursive: true });
  }

  #makeDirectories(): void {
    const { outputDroplet, outputMetadata, outputBuildArtifactsCache, buildArtifactsCacheDir } = this.#config;
    for (const file of [outputDroplet, outputMetadata, outputBuildArtifactsCache]) {
      mkdirSync(dirname(file), { recursive: true });
    }
    mkdirSync(join(buildArtifactsCacheDir, "final"), { recursive: true });
    const supply = supplyBuildpacks(this.#config);
    for (const buildpack of supply) mkdirSync(supplyCachePath(this.#config, buildpack), { recursive: true });
    for (let index = 0; index <= supply.length; index++) {
      mkdirSync(join(this.#depsDir, depsIndex(this.#config, index)), { recursive: true });
    }
    mkdirSync(this.#profileDir, { recursive: true });
  }

  /** Drops what buildpacks kept that take no part any more. */
  #cleanCache(): void {
    const { buildArtifactsCacheDir } = this.#config;
    const needed = new Set(["final"]);
    for (const buildpack of supplyBuildpacks(this.#config))
      needed.add(basename(supplyCachePath(this.#config, buildpack)));
    for (const name of readdirSync(buildArtifactsCacheDir)) {
      if (!needed.has(name)) rmSync(join(buildArtifactsCacheDir, name), { recursive: true, force: true });
    }
  }

  async #detect(): Promise<Chosen> {
    for (const buildpack of this.#config.buildpackOrder) {
      try {
        const path = this.#pathOf(buildpack);
        const detect = join(path, "bin", "detect");
        const stats = statSync(detect, { throwIfNoEntry: false });
        if (stats === undefined) {
          this.#print.error(`stat ${detect}: no such file or directory`);
          continue;
        }
        if ((stats.mode & 0o111) !== 0o111) {
          this.#print.line("WARNING: buildpack script '/bin/detect' is not executable");
        }
        const output = await runScript(detect, [this.#config.buildDir], { capture: true }).catch(() => null);
        if (output !== null) return { path, keys: [buildpack], detectOutput: output.replace(/[\r\n]+$/, "") };
      } catch (error) {
        this.#print.error((error as Error).message); // a broken buildpack must not hide the next ones
      }
    }
    throw new StagingError(FAILURE.detect);
  }

  async #supply(): Promise<Chosen> {
    const { buildDir, buildpackOrder } = this.#config;
    const supply = supplyBuildpacks(this.#config);
    const paths = supply.map((buildpack) => {
      const path = this.#supplyPathOf(buildpack);
      if (!existsSync(join(path, "bin", "supply"))) throw new StagingError(FAILURE.noSupply);
      return path;
    });
    for (const [index, path] of paths.entries()) {
      const cache = supplyCachePath(this.#config, supply[index]!);
      const args = [buildDir, cache, this.#depsDir, depsIndex(this.#config, index)];
      await failingAs(FAILURE.supply, runScript(join(path, "bin", "supply"), args));
    }
    const path = this.#supplyPathOf(buildpackOrder.at(-1)!);
    return { path, keys: buildpackOrder, detectOutput: "" };
  }

  #supplyPathOf(buildpack: string): string {
    try {
      return this.#pathOf(buildpack);
    } catch (error) {
      this.#print.error((error as Error).message);
      throw new StagingError(FAILURE.supply, error);
    }
  }

  /** The folder with `bin`: the buildpack's own, its older name, or the only folder in it (archives often have one). */
  #pathOf(buildpack: string): string {
    const paths = buildpackPaths(this.#config, buildpack);
    for (const path of paths) if (existsSync(join(path, "bin"))) return path;
    let found = false;
    for (const path of paths) {
      if (!existsSync(path)) continue;
      found = true;
      const [only, ...others] = readdirSync(path);
      if (only !== undefined && others.length === 0 && existsSync(join(path, only, "bin"))) return join(path, only);
    }
    if (found) throw new StagingError(`malformed buildpack does not contain a /bin dir: ${buildpack}`);
    throw new StagingError(`Failed to read buildpack directory '${paths[0]}' for buildpack '${paths[0]}'`);
  }

  async #build(chosen: Chosen): Promise<void> {
    await failingAs(FAILURE.compile, this.#finalize(chosen.path));
    const processes = await this.#processes(chosen.path);
    if ((processTypes(processes)["web"] ?? "") === "") {
      this.#print.error("No start command specified by buildpack or via Procfile.");
      this.#print.error("App will not start unless a command is provided at runtime.");
    }
    const buildpacks = await this.#metadataOf(chosen.keys);
    if (!this.#config.skipDetect && buildpacks[0]!.name === "") buildpacks[0]!.name = chosen.detectOutput;
    writeFileSync(join(this.contentsDir, "staging_info.yml"), stagingInfo(processes, buildpacks));
    this.#writeResult(processes, buildpacks);
  }

  async #finalize(path: string): Promise<void> {
    const { buildDir, buildArtifactsCacheDir } = this.#config;
    const supplied = supplyBuildpacks(this.#config).length;
    const index = depsIndex(this.#config, supplied);
    const cache = join(buildArtifactsCacheDir, "final");
    const bin = (name: string): string => join(path, "bin", name);
    if (existsSync(bin("finalize"))) {
      const args = [buildDir, cache, this.#depsDir, index];
      if (existsSync(bin("supply"))) await failingAs(FAILURE.supply, runScript(bin("supply"), args));
      return void (await failingAs(FAILURE.finalize, runScript(bin("finalize"), [...args, this.#profileDir])));
    }
    if (supplied > 0) {
      this.#print.error(
        "Warning: the last buildpack is not compatible with multi-buildpack apps and cannot make use of any dependencies supplied by the buildpacks specified before it",
      );
    }
    rmSync(join(this.#depsDir, index), { recursive: true, force: true });
    await failingAs(FAILURE.compile, runScript(bin("compile"), [buildDir, cache]));
  }

  async #processes(path: string): Promise<LaunchProcess[]> {
    const supplied = supplyBuildpacks(this.#config).length;
    let processes: LaunchProcess[] = [];
    for (let index = 0; index < supplied; index++) {
      processes = mergeProcesses(processes, (await this.#launchYml(index)) ?? []);
    }
    const last = await this.#launchYml(supplied);
    processes = mergeProcesses(processes, last ?? (await failingAs(FAILURE.release, this.#release(path))));
    return mergeProcesses(processes, await this.#procfile());
  }

  /** Null when there is none; then the last buildpack's `release` is asked. */
  async #launchYml(index: number): Promise<LaunchProcess[] | null> {
    const document = await readYaml(join(this.#depsDir, depsIndex(this.#config, index), "launch.yml"));
    return document === undefined ? null : processesOfLaunchYml(document);
  }

  async #release(path: string): Promise<LaunchProcess[]> {
    const output = await runScript(join(path, "bin", "release"), [this.#config.buildDir], { capture: true });
    try {
      const document = (await parseYaml(output)) as { default_process_types?: unknown } | null;
      if (document !== null && (typeof document !== "object" || Array.isArray(document)))
        throw new Error("not a mapping");
      return processesOfMapping(document?.default_process_types);
    } catch (error) {
      throw new StagingError("buildpack's release output invalid", error);
    }
  }

  async #procfile(): Promise<LaunchProcess[]> {
    const text = readIfThere(join(this.#config.buildDir, "Procfile"));
    if (text === null) return [];
    try {
      return processesOfMapping(await parseYaml(text));
    } catch {
      throw new StagingError("Failed to read command from Procfile", "invalid YAML");
    }
  }

  async #metadataOf(keys: readonly string[]): Promise<BuildpackMetadata[]> {
    const metadata: BuildpackMetadata[] = [];
    for (const [index, key] of keys.entries()) {
      const path = join(this.#depsDir, depsIndex(this.#config, index), "config.yml");
      metadata.push(buildpackMetadata(key, await readYaml(path).catch(() => undefined)));
    }
    return metadata;
  }

  #writeResult(processes: readonly LaunchProcess[] | null, buildpacks: readonly BuildpackMetadata[]): void {
    writeFileSync(this.#config.outputMetadata, stagingResult(processes, buildpacks));
  }
}

async function failingAs<T>(what: string, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    throw new StagingError(what, error);
  }
}
