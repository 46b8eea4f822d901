import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastWords, runQuiet } from "../stager/command.ts";
import type { BuildpackLog } from "../stager/log.ts";
import type { Environment, Stager } from "../stager/stager.ts";
import { newestMatching } from "../stager/version-range.ts";
import { chooseLine, fits } from "./python-version.ts";

/** A Python that can run. */
export interface InstalledPython {
  /** Holds bin, lib and include. */
  readonly home: string;
  /** `3.11.2` */
  readonly version: string;
}

interface Input {
  readonly stager: Stager;
  readonly log: BuildpackLog;
  readonly env: Environment;
  /** Program beside this one: fetches from the distribution. */
  readonly fetchPython: string;
  readonly wanted: string | null;
}

/**
 * Puts a Python into `deps/N/python`: the distribution's when its version fits (its packages are verified and small), else a build that uv
 * downloads, which needs the open internet or `UV_PYTHON_INSTALL_MIRROR`. Kept in the app's cache. Throws with what there is.
 */
export async function installPython(input: Input): Promise<InstalledPython> {
  const { stager, log, env, wanted } = input;
  const home = join(stager.depDir, "python");
  mkdirSync(stager.depDir, { recursive: true });
  const cached = join(stager.cacheDir, "python");
  const version = versionOf(cached);
  if (version !== null && fits(wanted, version)) {
    log.step(`Installing python ${version}`);
    log.info(`Copy [${cached}]`);
  } else {
    rmSync(cached, { recursive: true, force: true });
    await fetch(input, cached);
    log.step(`Installing python ${versionOf(cached)}`);
  }
  await runQuiet("cp", ["-a", cached, home], { cwd: stager.buildDir, env });
  return { home, version: versionOf(home)! };
}

async function fetch(input: Input, target: string): Promise<void> {
  const { stager, log, env, fetchPython, wanted } = input;
  const options = { cwd: stager.buildDir, env };
  const lines = await runQuiet(fetchPython, ["list"], options).then(
    (output) => [...new Set(output.split("\n").filter((line) => /^3\.\d+$/.test(line)))],
    (): string[] => [], // another distribution, without such sources
  );
  const line = chooseLine(wanted, lines);
  const distribution = line ?? lines[0];
  if (distribution === undefined) throw new Error("the stack's package sources have no Python");
  log.info(`Download [python${distribution} from the distribution's packages]`);
  const partial = mkdtempSync(join(stager.cacheDir, "python-"));
  try {
    await runQuiet(fetchPython, [partial, distribution], options);
    const version = versionOf(partial)!;
    if (line !== null && fits(wanted, version)) return renameSync(partial, target);
    // What is here can at least run uv.
    await fetchWithUv(input, partial, target, [version]);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

async function fetchWithUv(input: Input, helper: string, target: string, there: readonly string[]): Promise<void> {
  const { stager, log, wanted } = input;
  const scratch = mkdtempSync(join(tmpdir(), "uv-"));
  try {
    const python = join(helper, "bin", `python${lineOf(there[0]!)}`);
    const env = pythonEnvironment(input.env, helper);
    const options = { cwd: stager.buildDir, env };
    await bootstrapPip(python, helper, options);
    await runQuiet(python, ["-m", "pip", "install", "--quiet", "--target", scratch, "uv"], options);
    const uv = join(scratch, "bin", "uv");
    const plain = { cwd: stager.buildDir, env: { ...input.env, UV_PYTHON_INSTALL_DIR: join(scratch, "pythons") } };
    const args = ["--only-downloads", "--all-versions", "--output-format", "json"];
    const listed = JSON.parse(await runQuiet(uv, ["python", "list", ...args], plain)) as {
      version: string;
      implementation: string;
      variant?: string;
    }[];
    const usable = listed.filter((one) => one.implementation === "cpython" && (one.variant ?? "default") === "default");
    const version = newestMatching(
      wanted ?? "*",
      usable.map((one) => one.version),
    );
    if (version === null) throw new Error("no such release");
    log.info(`Download [python ${version} by uv]`);
    await runQuiet(uv, ["python", "install", "--no-bin", version], plain);
    const [folder] = readdirSync(join(scratch, "pythons")).filter((name) => name.startsWith("cpython-"));
    if (folder === undefined) throw new Error("uv left nothing");
    const made = join(scratch, "pythons", folder);
    for (const name of readdirSync(join(made, "lib")))
      rmSync(join(made, "lib", name, "EXTERNALLY-MANAGED"), { force: true });
    await runQuiet("cp", ["-a", made, target], plain);
  } catch (error) {
    throw new Error(
      `no match found for ${wanted} in [${there.join(" ")}]; other versions are downloaded by uv, which failed: ${lastWords(error, 1)}`,
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** pip from the wheel that came with Python, where Python does not bring it itself. */
export async function bootstrapPip(
  python: string,
  home: string,
  options: { readonly cwd: string; readonly env: Environment },
): Promise<void> {
  if (
    await runQuiet(python, ["-m", "pip", "--version"], options).then(
      () => true,
      () => false,
    )
  )
    return;
  const wheels = join(home, "share", "python-wheels");
  const pip = existsSync(wheels) ? readdirSync(wheels).find((name) => /^pip-.*\.whl$/.test(name)) : undefined;
  if (pip === undefined) {
    await runQuiet(python, ["-m", "ensurepip", "--upgrade"], options);
    return;
  }
  const packages = readdirSync(wheels).flatMap((name) => /^(pip|setuptools|wheel)-.*\.whl$/.exec(name)?.[1] ?? []);
  const args = ["install", "--quiet", "--no-index", "--find-links", wheels, "--disable-pip-version-check", ...packages];
  await runQuiet(python, [join(wheels, pip, "pip"), ...args], options);
}

/** For the Python that was put among the dependencies; `bin` there has the programs that the app will have. */
export function stagedEnvironment(stager: Stager, env: Environment): Environment {
  const own = pythonEnvironment(env, join(stager.depDir, "python"));
  return { ...own, PATH: `${join(stager.depDir, "bin")}:${own["PATH"]}` };
}

/** Variables by which a Python that was not installed finds its own files. */
function pythonEnvironment(env: Environment, home: string): Environment {
  const paths = [join(home, "bin"), join(home, "local", "bin"), env["PATH"]];
  return {
    ...env,
    PYTHONHOME: home,
    PATH: paths.filter(Boolean).join(":"),
    LD_LIBRARY_PATH: [join(home, "lib"), env["LD_LIBRARY_PATH"]].filter(Boolean).join(":"),
  };
}

/** `3.11` */
export function lineOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** What a folder with a Python holds; null when it is none. */
function versionOf(folder: string): string | null {
  const file = join(folder, "version");
  if (existsSync(file)) return readFileSync(file, "utf8").trim() || null;
  const lib = join(folder, "lib");
  if (!existsSync(lib)) return null;
  const include = join(folder, "include");
  for (const name of existsSync(include) ? readdirSync(include) : []) {
    const header = join(include, name, "patchlevel.h");
    if (!existsSync(header)) continue;
    const [, version] = /PY_VERSION\s+"([^"]+)"/.exec(readFileSync(header, "utf8")) ?? [];
    if (version !== undefined) return version;
  }
  return null;
}
