import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";
import { ID_MAP } from "../config.ts";
import { LOCALE, missingPackages, PROMISES } from "./stack-promises.ts";

/** Programs that the machine lacks, unpacked beside it; lies over /usr in every container of a host-backed stack. */
export interface PackageLayer {
  readonly id: string;
  /** Holds `usr/` and maybe `etc/`, owned by the containers' root. */
  readonly path: string;
  /** Links below /usr that maintainer scripts would have made: name → target. */
  readonly links: Readonly<Record<string, string>>;
}

export interface PackageLayerDeps {
  readonly subprocess: Subprocess;
  readonly clock: Clock;
  readonly log: Log;
  /** The platform stops: nobody waits for a stack any more. */
  readonly signal?: AbortSignal;
}

/** Raise it when layers are made differently. */
const LAYER_VERSION = "1";
/** A first start may take a minute in all, and nothing else waits for this. */
const FETCH_TIMEOUT_MS = 120_000;
const STEP_TIMEOUT_MS = 60_000;

/**
 * The layer of what cflinuxfs4 promises and this machine lacks, made once and kept in `cacheRoot`; null when nothing is
 * lacking or it cannot be had (the log says why). Uses apt as any user would, against the machine's own package lists,
 * without changing what is installed: packages are unpacked beside it, their scripts do not run.
 */
export async function packageLayer(cacheRoot: string, deps: PackageLayerDeps): Promise<PackageLayer | null> {
  const packages = missingPackages((path) => existsSync(path));
  const needsLocale = !(await hasLocale(deps));
  if (packages.length === 0 && !needsLocale) return null;
  const witness = await readFile("/etc/debian_version", "utf8").catch(() => "");
  const digest = createHash("sha256").update(
    JSON.stringify([LAYER_VERSION, packages, needsLocale, witness, process.arch]),
  );
  const id = digest.digest("hex").slice(0, 12);
  const path = join(cacheRoot, "stack-packages", id);
  const links = Object.fromEntries(
    PROMISES.flatMap(({ package: name, links = {} }) => (packages.includes(name) ? Object.entries(links) : [])),
  );
  if (existsSync(path)) return { id, path, links };
  try {
    const beganMs = deps.clock.steadyMs();
    const building = `${path}.building`;
    await rm(building, { recursive: true, force: true });
    await mkdir(join(building, "usr"), { recursive: true });
    if (packages.length > 0) await unpackPackages(packages, building, deps);
    if (needsLocale) await compileLocale(building, deps);
    await command(deps, "chown", ["-hR", `${ID_MAP.firstHostId}:${ID_MAP.firstHostId}`, building]);
    await chmod(building, 0o755);
    await rename(building, path);
    const tookMs = Math.round(deps.clock.steadyMs() - beganMs);
    deps.log.info("packages of the stack are ready", { packages, locale: needsLocale, tookMs });
    return { id, path, links };
  } catch (error) {
    deps.signal?.throwIfAborted(); // stopped is not failed: no stack shall be made without it
    deps.log.warn("the stack goes without some programs that cflinuxfs4 has", { packages, locale: needsLocale, error });
    return null;
  }
}

async function unpackPackages(packages: readonly string[], target: string, deps: PackageLayerDeps): Promise<void> {
  const downloads = join(target, "downloads");
  await mkdir(join(downloads, "partial"), { recursive: true });
  const options = [
    `Dir::Cache::archives=${downloads}/`,
    "Debug::NoLocking=true", // nothing is installed, so nobody has to wait for anybody
    "APT::Sandbox::User=root", // our folder is closed to the user that apt would become
    "Acquire::http::Timeout=15",
    "Acquire::Retries=1",
  ].flatMap((option) => ["-o", option]);
  const lists = await readdir("/var/lib/apt/lists").catch(() => []);
  if (!lists.some((name) => name.includes("_Packages"))) {
    await command(deps, "apt-get", ["update", "-qq", ...options], FETCH_TIMEOUT_MS);
  }
  const install = ["install", "--download-only", "-y", "-qq", "--no-install-recommends", ...options, ...packages];
  await command(deps, "apt-get", install, FETCH_TIMEOUT_MS);
  for (const name of (await readdir(downloads)).filter((entry) => entry.endsWith(".deb"))) {
    await command(deps, "dpkg-deb", ["--extract", join(downloads, name), target]);
  }
  await rm(downloads, { recursive: true, force: true });
  await mergeIntoUsr(target, deps);
  for (const folder of ["doc", "man", "info", "lintian", "bug"]) {
    await rm(join(target, "usr/share", folder), { recursive: true, force: true });
  }
  await bundleCertificates(target);
}

/** Packages that still say /bin mean /usr/bin: there is one /usr in the stack. */
async function mergeIntoUsr(target: string, deps: PackageLayerDeps): Promise<void> {
  for (const folder of ["bin", "sbin", "lib", "lib64"]) {
    if (!existsSync(join(target, folder))) continue;
    await mkdir(join(target, "usr", folder), { recursive: true });
    await command(deps, "cp", ["-a", `${join(target, folder)}/.`, join(target, "usr", folder)]);
    await rm(join(target, folder), { recursive: true });
  }
}

/** What the script of ca-certificates would do: one file with all of them. */
async function bundleCertificates(target: string): Promise<void> {
  const source = join(target, "usr/share/ca-certificates/mozilla");
  if (!existsSync(source)) return;
  const names = (await readdir(source)).filter((name) => name.endsWith(".crt")).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(source, name), "utf8")));
  await mkdir(join(target, "etc/ssl/certs"), { recursive: true });
  await writeFile(join(target, "etc/ssl/certs/ca-certificates.crt"), texts.join(""), { mode: 0o644 });
}

async function hasLocale(deps: PackageLayerDeps): Promise<boolean> {
  const { stdout } = await deps.subprocess
    .run("locale", ["-a"], { signal: deps.clock.deadline(STEP_TIMEOUT_MS, deps.signal) })
    .catch(() => ({ stdout: "" }));
  return stdout.split("\n").includes(LOCALE.compiledName);
}

async function compileLocale(target: string, deps: PackageLayerDeps): Promise<void> {
  const folder = join(target, "usr/lib/locale");
  await mkdir(folder, { recursive: true });
  const args = ["-i", LOCALE.definition, "-f", LOCALE.charset, "--no-archive", join(folder, LOCALE.compiledName)];
  const own = join(target, "usr/share/i18n");
  await runChecked(deps.subprocess, "localedef", args, {
    signal: deps.clock.deadline(STEP_TIMEOUT_MS, deps.signal),
    env: { PATH: "/usr/bin:/bin", ...(existsSync(own) ? { I18NPATH: own } : {}) },
  });
}

function command(deps: PackageLayerDeps, file: string, args: readonly string[], timeoutMs = STEP_TIMEOUT_MS) {
  return runChecked(deps.subprocess, file, args, { signal: deps.clock.deadline(timeoutMs, deps.signal) });
}
