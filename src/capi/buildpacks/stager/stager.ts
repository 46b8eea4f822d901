import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";

/** Which folder of each dependency goes on which search path while staging, and when the app runs. */
const STAGING_PATHS: Readonly<Record<string, string>> = {
  PATH: "bin",
  LD_LIBRARY_PATH: "lib",
  LIBRARY_PATH: "lib",
  CPATH: "include",
  PKG_CONFIG_PATH: "pkgconfig",
};
const LAUNCH_PATHS = ["PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH"] as const;

export type Environment = Record<string, string | undefined>;

/**
 * The folders that the builder hands to supply and finalize, and the conventions by which buildpacks share them:
 * `deps/N/{bin,lib,env,profile.d,config.yml}`. Conventions: cloudfoundry/libbuildpack, stager.go.
 */
export class Stager {
  readonly buildDir: string;
  readonly cacheDir: string;
  readonly depsDir: string;
  readonly depsIndex: string;
  readonly #profileDir: string;

  /** Arguments of the script: build, cache and deps folder, index, and for finalize the profile folder. */
  constructor(args: readonly string[]) {
    const [buildDir, cacheDir, depsDir, depsIndex, profileDir] = args;
    if (!buildDir || !cacheDir || !depsDir || !depsIndex) {
      throw new Error("usage: <build dir> <cache dir> <deps dir> <index> [<profile dir>]");
    }
    this.buildDir = buildDir;
    this.cacheDir = cacheDir;
    this.depsDir = depsDir;
    this.depsIndex = depsIndex;
    this.#profileDir = profileDir || join(buildDir, ".profile.d");
  }

  get depDir(): string {
    return join(this.depsDir, this.depsIndex);
  }

  /** A file of the app. */
  app(...path: string[]): string {
    return join(this.buildDir, ...path);
  }

  /** A variable for buildpacks that come later. */
  writeEnvFile(name: string, value: string): void {
    mkdirSync(join(this.depDir, "env"), { recursive: true });
    writeFileSync(join(this.depDir, "env", name), value);
  }

  /** A script that the launcher sources before the app starts. */
  writeProfileScript(name: string, text: string): void {
    mkdirSync(join(this.depDir, "profile.d"), { recursive: true });
    writeFileSync(join(this.depDir, "profile.d", name), text, { mode: 0o755 });
  }

  /** Makes `bin/NAME` (or another folder's) of this dependency point at a file. Replaces what is there. */
  link(target: string, folder: "bin" | "lib", name: string): void {
    const at = join(this.depDir, folder);
    mkdirSync(at, { recursive: true });
    rmSync(join(at, name), { force: true });
    symlinkSync(relative(at, target), join(at, name));
  }

  /** Name, version and settings that go into the staging result; finalize finds them there too. JSON is YAML. */
  writeConfigYml(name: string, version: string, config: Readonly<Record<string, string>> = {}): void {
    mkdirSync(this.depDir, { recursive: true });
    writeFileSync(join(this.depDir, "config.yml"), `${JSON.stringify({ name, config, version })}\n`);
  }

  /** The app's web process. */
  writeLaunchYml(command: string): void {
    const launch = { processes: [{ type: "web", command }] };
    writeFileSync(join(this.depDir, "launch.yml"), `${JSON.stringify(launch)}\n`);
  }

  /** What earlier buildpacks supplied, laid over `env`: search paths and variables. */
  stagingEnvironment(env: Environment): Environment {
    const result = { ...env };
    for (const [name, folder] of Object.entries(STAGING_PATHS)) {
      const paths = this.#dependencyFolders(folder).map((index) => join(this.depsDir, index, folder));
      if (paths.length > 0) result[name] = [...paths, ...(env[name] ? [env[name]] : [])].join(":");
    }
    for (const index of this.#dependencyFolders("env")) {
      const folder = join(this.depsDir, index, "env");
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (statSync(path).isFile()) result[name] = readFileSync(path, "utf8");
      }
    }
    return result;
  }

  /** For finalize: gathers search paths and start scripts of all dependencies in the droplet's profile folder. */
  writeLaunchEnvironment(): void {
    mkdirSync(this.#profileDir, { recursive: true });
    const lines = LAUNCH_PATHS.flatMap((name) => {
      const folder = STAGING_PATHS[name]!;
      const paths = this.#dependencyFolders(folder).map((index) => `$DEPS_DIR/${index}/${folder}`);
      return paths.length === 0 ? [] : [`export ${name}=${paths.join(":")}\${${name}:+:$${name}}\n`];
    });
    writeFileSync(join(this.#profileDir, "000_multi-supply.sh"), lines.join(""), { mode: 0o755 });
    for (const index of this.#dependencyFolders("profile.d")) {
      const folder = join(this.depsDir, index, "profile.d");
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (statSync(path).isFile()) copyFileSync(path, join(this.#profileDir, `${index}_${name}`));
      }
    }
  }

  /** Indexes of dependencies that have such a folder; later ones first, for they come first in search paths. */
  #dependencyFolders(folder: string): string[] {
    const indexes = readdirSync(this.depsDir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return indexes
      .map((entry) => entry.name)
      .sort()
      .reverse()
      .filter((index) => existsSync(join(this.depsDir, index, folder)));
  }
}
