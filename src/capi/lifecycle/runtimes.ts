import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";
import type { LifecycleConfig } from "./config.ts";
import { exists, makeReadable } from "./prepare.ts";

const FETCH_TIMEOUT_MS = 180_000;
const COMPRESS_TIMEOUT_MS = 180_000;

export interface RuntimesDeps {
  readonly subprocess: Subprocess;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Fills `runtimes/` of a prepared lifecycle folder with what buildpacks would else fetch and compress in each
 * staging: the platform's own Node compressed (2 s once, at low priority) and its headers, an npm, and nginx for static
 * sites. For the background after boot: stagings that come earlier help themselves. Idempotent. A failure is logged and costs only speed.
 *
 * Only the platform writes here, from packages that npm and apt have verified; containers see the folder read-only, so
 * no tenant can give another one a poisoned runtime.
 */
export async function prepareRuntimes(
  config: LifecycleConfig & { readonly lifecycleDir: string; readonly npmVersion: string },
  deps: RuntimesDeps,
  signal: AbortSignal,
): Promise<void> {
  const runtimesDir = join(config.lifecycleDir, "runtimes");
  await mkdir(runtimesDir, { recursive: true, mode: 0o755 });
  await chmod(runtimesDir, 0o755);
  for (const name of await readdir(runtimesDir)) {
    if (name.endsWith(".partial")) await rm(join(runtimesDir, name), { recursive: true, force: true });
  }
  const attempt = async (what: string, action: () => Promise<void>): Promise<void> => {
    await action().catch((error) => {
      if (signal.aborted) throw signal.reason;
      deps.log.warn("a runtime could not be prepared", { runtime: what, error });
    });
  };
  await attempt(`node-${config.nodeVersion}`, () => completeOwnNode(config, runtimesDir, deps, signal));
  await attempt(`npm-${config.npmVersion}`, () => fetchNpm(config.npmVersion, runtimesDir, deps, signal));
  await attempt("nginx", () => fetchNginx(join(config.lifecycleDir, "fetch-nginx"), runtimesDir, deps, signal));
}

async function completeOwnNode(
  config: LifecycleConfig & { readonly lifecycleDir: string },
  runtimesDir: string,
  deps: RuntimesDeps,
  signal: AbortSignal,
): Promise<void> {
  const store = join(runtimesDir, `node-${config.nodeVersion}`);
  const limit = deps.clock.deadline(COMPRESS_TIMEOUT_MS, signal);
  const headers = join(dirname(dirname(config.nodePath)), "include");
  if ((await exists(join(headers, "node", "node.h"))) && !(await exists(join(store, "include")))) {
    // For native add-ons: thousands of files, as second names where that is possible.
    const partial = join(runtimesDir, "headers.partial");
    const copy = async (flags: string): Promise<unknown> =>
      await runChecked(deps.subprocess, "cp", [flags, headers, partial], { signal: limit });
    await copy("-al").catch(() => copy("-aT"));
    await makeReadable(partial, deps.subprocess, limit);
    await rename(partial, join(store, "include"));
  }
  const compressed = join(`${store}.gz`, "bin", "node");
  if (await exists(compressed)) return;
  const program = join(config.lifecycleDir, "compress-main.js");
  const args = ["-n", "10", config.nodePath, program, join(store, "bin", "node"), compressed];
  await runChecked(deps.subprocess, "nice", args, { signal: limit });
  await makeReadable(`${store}.gz`, deps.subprocess, limit);
}

/** For the staticfile buildpack, which else does the same in its container. */
async function fetchNginx(
  program: string,
  runtimesDir: string,
  deps: RuntimesDeps,
  signal: AbortSignal,
): Promise<void> {
  if ((await readdir(runtimesDir)).some((name) => /^nginx-\d[\d.]*$/.test(name))) return;
  const partial = join(runtimesDir, "nginx.partial");
  const limit = deps.clock.deadline(FETCH_TIMEOUT_MS, signal);
  await runChecked(deps.subprocess, program, [partial], { signal: limit });
  await makeReadable(partial, deps.subprocess, limit);
  const version = (await readFile(join(partial, "version"), "utf8")).trim();
  await rename(partial, join(runtimesDir, `nginx-${version}`));
}

/** By npm itself, which knows the machine's registry, proxy and certificates, and verifies the checksum. */
async function fetchNpm(version: string, runtimesDir: string, deps: RuntimesDeps, signal: AbortSignal): Promise<void> {
  const store = join(runtimesDir, `npm-${version}`);
  if (await exists(store)) return;
  const partial = await mkdtemp(`${store}.`);
  try {
    const limit = deps.clock.deadline(FETCH_TIMEOUT_MS, signal);
    const flags = ["--silent", "--pack-destination", partial];
    const { stdout } = await runChecked(deps.subprocess, "npm", ["pack", `npm@${version}`, ...flags], {
      signal: limit,
      cwd: partial, // not where a project's own .npmrc could redirect it
    });
    const archive = join(partial, stdout.trim().split("\n").at(-1)!);
    await mkdir(join(partial, "npm"));
    const unpack = ["-xzf", archive, "-C", join(partial, "npm"), "--strip-components=1", "--no-same-owner"];
    await runChecked(deps.subprocess, "tar", unpack, { signal: limit });
    await makeReadable(join(partial, "npm"), deps.subprocess, limit);
    await rename(join(partial, "npm"), store);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
