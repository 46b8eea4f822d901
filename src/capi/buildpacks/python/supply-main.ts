/** supply: puts Python and the app's packages into the dependency folder. See ../README.md. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CommandOptions, failureText, runQuiet, runShown } from "../stager/command.ts";
import { BuildpackLog } from "../stager/log.ts";
import { type Environment, Stager } from "../stager/stager.ts";
import { bootstrapPip, type InstalledPython, installPython, lineOf, stagedEnvironment } from "./install-python.ts";
import {
  type PackageSource,
  type PythonFiles,
  packageSource,
  requirementsOfPipfileLock,
  withoutIndexes,
} from "./package-plan.ts";
import { requiresPython } from "./pyproject.ts";
import { wantedPython } from "./python-version.ts";

const log = new BuildpackLog();
const LINES_OF_A_REASON = 5;
const ROOT = dirname(import.meta.dirname);
const VERSION = readFileSync(join(ROOT, "VERSION"), "utf8").trim();

async function supply(stager: Stager, startEnv: Environment): Promise<void> {
  log.step(`Python Buildpack version ${VERSION}`);
  log.step("Supplying Python");
  const env = stager.stagingEnvironment(startEnv);
  env["XDG_CACHE_HOME"] = join(stager.cacheDir, "pip_cache");
  env["PIP_CERT"] ||= "/etc/ssl/certs/ca-certificates.crt";
  const files = lookAround(stager);
  const python = await installPython({
    stager,
    log,
    env,
    fetchPython: join(dirname(env["INGOT_RUNTIMES"] ?? "/tmp/lifecycle/runtimes"), "fetch-python"),
    wanted: wantedVersion(stager, files),
  }).catch((error) => {
    throw new Error(`Could not install python: ${failureText(error, LINES_OF_A_REASON)}`);
  });
  const program = join(python.home, "bin", `python${lineOf(python.version)}`);
  for (const name of ["python", "python3", `python${lineOf(python.version)}`]) stager.link(program, "bin", name);
  const options: CommandOptions = { cwd: stager.buildDir, env: stagedEnvironment(stager, env) };
  options.env["CFLAGS"] = cflags(python);
  await installPip(program, python.home, options);
  await installPackages(stager, files, program, options);
  await downloadCorpora(stager, program, python.home, options);
  linkPrograms(stager, python.home);
  for (const name of readdirSync(join(python.home, "lib"))) {
    if (/\.so(\.|$)/.test(name)) stager.link(join(python.home, "lib", name), "lib", name);
  }
  writeEnvironment(stager, python);
  stager.writeConfigYml("python", VERSION);
}

function lookAround(stager: Stager): PythonFiles {
  const has = (name: string): boolean => existsSync(stager.app(name));
  return {
    requirementsTxt: has("requirements.txt"),
    pipfile: has("Pipfile"),
    pipfileLock: has("Pipfile.lock"),
    uvLock: has("uv.lock"),
    poetryLock: has("poetry.lock"),
    pyproject: has("pyproject.toml"),
    setupPy: has("setup.py"),
    vendor: has("vendor"),
  };
}

function wantedVersion(stager: Stager, files: PythonFiles): string | null {
  const read = (name: string): string | undefined =>
    existsSync(stager.app(name)) ? readFileSync(stager.app(name), "utf8") : undefined;
  const lock = files.pipfileLock
    ? (JSON.parse(read("Pipfile.lock")!) as { _meta?: { requires?: Record<string, string> } })._meta?.requires
    : undefined;
  return wantedPython({
    runtimeTxt: read("runtime.txt"),
    pythonVersion: read(".python-version"),
    pipfileLock: lock?.["python_full_version"] ?? lock?.["python_version"],
    requiresPython: files.pyproject ? requiresPython(read("pyproject.toml")!) : undefined,
  });
}

/** The distribution's, or with `BP_PIP_VERSION=latest` the newest. */
async function installPip(program: string, home: string, options: CommandOptions): Promise<void> {
  const wanted = options.env["BP_PIP_VERSION"];
  if (wanted && wanted !== "latest") throw new Error(`Could not install pip: invalid pip version: ${wanted}`);
  await bootstrapPip(program, home, options);
  if (wanted) await runQuiet(program, ["-m", "pip", "install", "--quiet", "--upgrade", "pip"], options);
  else log.info("Using python's pip module");
  log.info((await runQuiet(program, ["-m", "pip", "--version"], options)).trim());
}

async function installPackages(
  stager: Stager,
  files: PythonFiles,
  program: string,
  options: CommandOptions,
): Promise<void> {
  const source = packageSource(files);
  log.step(`Running Pip Install (${files.vendor ? "Vendored" : "Unvendored"})`);
  if (source === "nothing") return log.info("The app names no packages");
  const scratch = mkdtempSync(join(tmpdir(), "requirements-"));
  try {
    const list = join(scratch, "requirements.txt");
    const requirements = await requirementsOf(source, stager, program, scratch, options);
    writeFileSync(list, files.vendor ? withoutIndexes(requirements) : requirements);
    const vendored = files.vendor ? ["--no-index", `--find-links=file://${stager.app("vendor")}`] : [];
    // Relative paths in a requirements file are those of the app: pip takes them from where it runs.
    const args = ["-m", "pip", "install", "-r", list, "--ignore-installed", "--exists-action=w"];
    const more = [`--src=${join(stager.depDir, "src")}`, "--disable-pip-version-check", "--no-warn-script-location"];
    await runShown(program, [...args, ...more, ...vendored], options);
  } catch (error) {
    if (files.vendor)
      log.info("Running pip install failed. You need to include all dependencies in the vendor directory.");
    throw new Error(`Could not install pip packages: ${failureText(error, LINES_OF_A_REASON)}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function requirementsOf(
  source: Exclude<PackageSource, "nothing">,
  stager: Stager,
  program: string,
  scratch: string,
  options: CommandOptions,
): Promise<string> {
  const read = (name: string): string => readFileSync(stager.app(name), "utf8");
  /** A tool that turns a lock file into requirements; it is not part of the app. */
  const tool = async (packages: readonly string[], name: string, args: readonly string[]): Promise<string> => {
    log.info(`Generating 'requirements.txt' with ${name}`);
    const target = join(scratch, "tool");
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", target, ...packages];
    await runQuiet(program, install, options);
    const env = {
      ...options.env,
      PYTHONPATH: target,
      VIRTUALENV_NEVER_DOWNLOAD: "true",
      PATH: `${target}/bin:${options.env["PATH"]}`,
    };
    const output = join(scratch, "exported.txt");
    const stdout = await runQuiet(join(target, "bin", name), [...args], { ...options, env });
    return existsSync(output) ? readFileSync(output, "utf8") : stdout;
  };
  switch (source) {
    case "requirements.txt":
      return read("requirements.txt");
    case "Pipfile.lock":
      log.info("Generating 'requirements.txt' from Pipfile.lock");
      return requirementsOfPipfileLock(read("Pipfile.lock"));
    case "Pipfile":
      await tool(["pipenv"], "pipenv", ["lock"]);
      return requirementsOfPipfileLock(read("Pipfile.lock"));
    case "uv.lock":
      return await tool(["uv"], "uv", [
        "export",
        "--frozen",
        "--no-dev",
        "--format=requirements-txt",
        `--output-file=${join(scratch, "exported.txt")}`,
      ]);
    case "poetry.lock":
      return await tool(["poetry", "poetry-plugin-export"], "poetry", [
        "export",
        "--without-hashes",
        `--output=${join(scratch, "exported.txt")}`,
      ]);
    case "pyproject.toml":
      return ".\n";
    case "setup.py":
      return "-e .\n";
  }
}

/** nltk.txt names texts that the nltk package then finds. */
async function downloadCorpora(stager: Stager, program: string, home: string, options: CommandOptions): Promise<void> {
  if (!existsSync(stager.app("nltk.txt"))) return;
  const there = await runQuiet(program, ["-m", "nltk.downloader", "-h"], options).then(
    () => true,
    () => false,
  );
  if (!there) return;
  const names = readFileSync(stager.app("nltk.txt"), "utf8")
    .split(/\s+/)
    .filter((name) => name !== "");
  log.step(`Downloading NLTK packages: ${names.join(" ")}`);
  await runShown(program, ["-m", "nltk.downloader", "-d", join(home, "nltk_data"), ...names], options);
}

/** Programs of packages begin with the path that Python has while staging; it has another one when the app runs. */
function linkPrograms(stager: Stager, home: string): void {
  for (const folder of [join(home, "bin"), join(home, "local", "bin")]) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (!statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
      const head = readFileSync(path).subarray(0, 512).toString("latin1");
      if (/^#!.*\/python[\d.]*/.test(head)) {
        const text = readFileSync(path, "utf8");
        writeFileSync(path, text.replace(/^#!.*/, "#!/usr/bin/env python"));
        chmodSync(path, 0o755);
      }
      if (!/^python(\d|$)/.test(name)) stager.link(path, "bin", name);
    }
  }
}

function writeEnvironment(stager: Stager, python: InstalledPython): void {
  const env: Record<string, string> = {
    PYTHONPATH: stager.depDir,
    LIBRARY_PATH: join(stager.depDir, "lib"),
    PYTHONHOME: python.home,
    PYTHONUNBUFFERED: "1",
    PYTHONHASHSEED: "random",
    LANG: "en_US.UTF-8",
    XDG_CACHE_HOME: join(stager.cacheDir, "pip_cache"),
  };
  const corpora = existsSync(join(python.home, "nltk_data"));
  if (corpora) env["NLTK_DATA"] = join(python.home, "nltk_data");
  for (const [name, value] of Object.entries(env)) stager.writeEnvFile(name, value);
  const dep = `$DEPS_DIR/${stager.depsIndex}`;
  stager.writeProfileScript(
    "python.sh",
    `export LANG=\${LANG:-en_US.UTF-8}
export PYTHONHASHSEED=\${PYTHONHASHSEED:-random}
export PYTHONPATH=${dep}\${PYTHONPATH:+:$PYTHONPATH}
export PYTHONHOME=${dep}/python
export PYTHONUNBUFFERED=1
export FORWARDED_ALLOW_IPS='*'
export GUNICORN_CMD_ARGS=\${GUNICORN_CMD_ARGS:-'--access-logfile -'}
${corpora ? `export NLTK_DATA=${dep}/python/nltk_data\n` : ""}`,
  );
}

function cflags({ home, version }: InstalledPython): string {
  return `-I${join(home, "include", `python${lineOf(version)}`)}`;
}

try {
  await supply(new Stager(process.argv.slice(2)), process.env);
} catch (error) {
  log.error(failureText(error, LINES_OF_A_REASON));
  process.exitCode = 14; // the classic buildpack's
}
