import { existsSync } from "node:fs";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../kit/clock.ts";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";
import { ETC_ALLOWED, ETC_ALLOWED_DEREFERENCED, FILES, FOLDERS, LINKS } from "./skeleton-files.ts";

const STEP_TIMEOUT_MS = 60_000;

export interface SkeletonDeps {
  readonly subprocess: Subprocess;
  readonly clock: Clock;
  /** The platform stops: nobody waits for a stack any more. */
  readonly signal?: AbortSignal;
}

/**
 * Everything of a stack but /usr: folders, accounts, the allowed part of this machine's /etc. Owned by whoever builds it.
 * @param layerEtc settings that packages of the layer bring; what the machine or the stack itself says wins
 */
export async function buildSkeleton(target: string, layerEtc: string | null, deps: SkeletonDeps): Promise<void> {
  await makeFolders(target);
  await copyEtc("/etc", join(target, "etc"), deps);
  if (layerEtc !== null && existsSync(layerEtc)) await command(deps, "cp", ["-a", "-n", layerEtc, target]);
  await writeFiles(target, FILES);
  await makeLinks(target, LINKS);
}

/** The empty tree of a root file system. */
export async function makeFolders(target: string): Promise<void> {
  for (const { path, mode } of FOLDERS) {
    await mkdir(join(target, path), { recursive: true });
    await chmod(join(target, path), mode);
  }
}

export async function makeLinks(target: string, links: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, leadsTo] of Object.entries(links)) {
    const link = join(target, path);
    await mkdir(dirname(link), { recursive: true });
    await rm(link, { recursive: true, force: true });
    await symlink(leadsTo, link);
  }
}

export async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await rm(join(root, path), { force: true }); // it may be a link that came with a copy
    await writeFile(join(root, path), text, { mode: 0o644 });
  }
}

async function copyEtc(etc: string, target: string, deps: SkeletonDeps): Promise<void> {
  const present = ETC_ALLOWED.map((name) => join(etc, name)).filter((path) => existsSync(path));
  if (present.length > 0) await command(deps, "cp", ["-a", ...present, target]);
  for (const name of ETC_ALLOWED_DEREFERENCED) {
    if (!existsSync(join(etc, name))) continue;
    await mkdir(join(target, dirname(name)), { recursive: true });
    // Links that lead nowhere make cp complain, and they would be of no use.
    await deps.subprocess.run("cp", ["-rL", "--preserve=mode,timestamps", join(etc, name), join(target, name)], {
      signal: deps.clock.deadline(STEP_TIMEOUT_MS, deps.signal),
    });
  }
  // An allowed folder may still hold a file that is not for everybody.
  await command(deps, "find", [target, "-mindepth", "1", "!", "-type", "l", "!", "-perm", "-004", "-delete"]);
  // Addresses of proxies and package sources may carry a password.
  if (existsSync(join(target, "apt"))) {
    const withPassword = ["-exec", "grep", "-qE", "://[^/[:space:]]+:[^/[:space:]]+@", "{}", ";"];
    await command(deps, "find", [join(target, "apt"), "-type", "f", ...withPassword, "-delete"]);
  }
}

function command(deps: SkeletonDeps, file: string, args: readonly string[]) {
  return runChecked(deps.subprocess, file, args, { signal: deps.clock.deadline(STEP_TIMEOUT_MS, deps.signal) });
}
