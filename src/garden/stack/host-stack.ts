import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { chmod, lchown, mkdir, readdir, rename, rm, rmdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";
import { ID_MAP } from "../config.ts";
import { GardenError } from "../errors.ts";
import { mountPoints, mounts } from "../mount-table.ts";
import type { PackageLayer } from "./package-layer.ts";
import { buildSkeleton, makeLinks, writeFiles } from "./skeleton.ts";
import { FOLDERS, USR_EMPTIED, USR_FILES, USR_LOCAL_FOLDERS } from "./skeleton-files.ts";

/** Raise it when the built folders change in form: they are made anew then. */
const LAYOUT_VERSION = "2";
const BUILD_TIMEOUT_MS = 120_000;
/** What tells that this machine's /usr or certificates have changed. */
const WITNESSES = [
  "/var/lib/dpkg/status",
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/ld.so.cache",
  "/usr/bin",
  "/usr/lib",
];

/** A stack ready for containers. */
export interface MountedStack {
  /** Name and fingerprint; changes with the machine's /usr. */
  readonly id: string;
  /** Lower layer of a container's file system: everything but /usr, owned by the container's ids. */
  readonly skeletonPath: string;
  /** Mounted read-only at /usr. */
  readonly usrPath: string;
}

export interface HostStackDeps {
  readonly subprocess: Subprocess;
  readonly clock: Clock;
  readonly log: Log;
  /** The platform stops: nobody waits for a stack any more. */
  readonly signal?: AbortSignal;
}

/**
 * A stack made of this machine's own /usr: nothing to download, ready in a second. Its files appear as the container's
 * root owns them through an id-mapped mount; over it lie a layer of missing packages and a layer that hides what is
 * private to the machine. Everything outside /usr is written or copied from an allow-list.
 * @param stacksRoot durable folder @param mountRoot folder that containers' ids may pass through
 */
export async function mountHostStack(
  name: string,
  stacksRoot: string,
  mountRoot: string,
  layer: PackageLayer | null,
  deps: HostStackDeps,
): Promise<MountedStack> {
  const id = `${name}-${fingerprint(layer)}`;
  const folder = join(stacksRoot, id);
  if (!existsSync(folder)) {
    const building = `${folder}.building`;
    await rm(building, { recursive: true, force: true });
    await build(building, layer, deps);
    await rename(building, folder);
  }
  const usrPath = join(mountRoot, "stacks", id, "usr");
  const mappedPath = join(mountRoot, "stacks", id, "mapped");
  await unmountWritable([usrPath, mappedPath], deps);
  const mounted = await mountPoints();
  if (!mounted.includes(usrPath)) {
    await mkdir(usrPath, { recursive: true });
    await mkdir(mappedPath, { recursive: true });
    if (!mounted.includes(mappedPath)) await mountMapped("/usr", mappedPath, deps);
    const layers = [join(folder, "hide"), ...(layer === null ? [] : [join(layer.path, "usr")]), mappedPath];
    await command(deps, "mount", [
      "-t",
      "overlay",
      "overlay",
      "-o",
      `ro,nosuid,nodev,lowerdir=${layers.join(":")}`,
      usrPath,
    ]);
  }
  return { id, skeletonPath: join(folder, "skeleton"), usrPath };
}

/**
 * A stack for those who cannot mount: the skeleton alone, owned by whoever runs this; /usr is the machine's own. What the
 * machine lacks, the stack lacks.
 */
export async function buildPlainStack(name: string, stacksRoot: string, deps: HostStackDeps): Promise<MountedStack> {
  const id = `${name}-plain-${fingerprint(null)}`;
  const folder = join(stacksRoot, id);
  const skeletonPath = join(folder, "skeleton");
  if (!existsSync(folder)) {
    const building = `${folder}.building`;
    await rm(building, { recursive: true, force: true });
    await buildSkeleton(join(building, "skeleton"), null, deps);
    await writeFiles(join(building, "skeleton"), { "os-release": USR_FILES["lib/os-release"]! });
    await rename(building, folder);
  }
  return { id, skeletonPath, usrPath: "/usr" };
}

/** Ids of stacks that lie on disk. */
export async function builtStacks(stacksRoot: string): Promise<string[]> {
  return existsSync(stacksRoot) ? await readdir(stacksRoot) : [];
}

/** Takes a stack away that no container uses. */
export async function removeHostStack(
  id: string,
  stacksRoot: string,
  mountRoot: string,
  deps: HostStackDeps,
): Promise<void> {
  const folder = join(mountRoot, "stacks", id);
  const left = async (): Promise<string[]> => (await mountPoints()).filter((path) => path.startsWith(`${folder}/`));
  for (const path of (await left()).reverse()) await command(deps, "umount", ["-l", path]);
  // Behind one of them lies this machine's /usr.
  const [still] = await left();
  if (still !== undefined) throw new GardenError("failed", `${still} is still mounted`);
  // Folders alone: should anything else be there, it stays, and this fails.
  for (const name of ["usr", "mapped", ""]) {
    await rmdir(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
  await rm(join(stacksRoot, id), { recursive: true, force: true });
}

/** Short digest of everything a built stack depends on. */
function fingerprint(layer: PackageLayer | null): string {
  const hash = createHash("sha256").update(`${LAYOUT_VERSION}\n${layer?.id ?? "no layer"}\n`);
  for (const path of WITNESSES) {
    const stat = statSync(path, { throwIfNoEntry: false });
    hash.update(`${path} ${stat?.size ?? 0} ${stat?.mtimeMs ?? 0}\n`);
  }
  return hash.digest("hex").slice(0, 12);
}

/** Falls back to a plain bind where the file system below /usr knows no id mapping: owners then show as `nobody`. */
async function mountMapped(source: string, target: string, deps: HostStackDeps): Promise<void> {
  const script = fileURLToPath(new URL("../mount-idmapped.pl", import.meta.url));
  const mount = (idCount: number): Promise<unknown> =>
    command(deps, "perl", [script, process.arch, source, target, String(ID_MAP.firstHostId), String(idCount)]);
  try {
    await mount(ID_MAP.count);
  } catch (error) {
    deps.signal?.throwIfAborted();
    deps.log.warn("no id-mapped mount of /usr: its files appear as owned by nobody", { error });
    await mount(0);
  }
}

/** A mount of /usr through which it could be written to is none of ours any more: nobody shall delete through it. */
async function unmountWritable(paths: readonly string[], deps: HostStackDeps): Promise<void> {
  const writable = (await mounts()).filter(({ path, readOnly }) => paths.includes(path) && !readOnly);
  for (const { path } of writable.reverse()) {
    deps.log.warn("a writable mount of /usr is taken away", { path });
    await command(deps, "umount", ["-l", path]);
  }
}

async function build(folder: string, layer: PackageLayer | null, deps: HostStackDeps): Promise<void> {
  const hide = join(folder, "hide");
  await mkdir(hide, { recursive: true });
  await buildSkeleton(join(folder, "skeleton"), layer === null ? null : join(layer.path, "etc"), deps);
  await writeFiles(hide, USR_FILES);
  await makeLinks(hide, layer?.links ?? {});
  for (const path of USR_EMPTIED) await mkdir(join(hide, path), { recursive: true });
  for (const path of USR_LOCAL_FOLDERS) await mkdir(join(hide, "local", path));
  await symlink("share/man", join(hide, "local/man"));
  const setOpaque = fileURLToPath(new URL("../set-opaque.pl", import.meta.url));
  await command(deps, "perl", [setOpaque, process.arch, ...USR_EMPTIED.map((path) => join(hide, path))]);
  await hideUnreadable(hide, deps);
  await giveToContainers(folder, deps);
}

/** Files of /usr that not everybody may read become white-outs: a container's root would own them. */
async function hideUnreadable(hide: string, deps: HostStackDeps): Promise<void> {
  const skipped = USR_EMPTIED.flatMap((path) => ["-path", `/usr/${path}`, "-prune", "-o"]);
  const unreadable = ["(", "-type", "d", "!", "-perm", "-005", "-o", "-type", "f", "!", "-perm", "-004", ")"];
  const { stdout } = await command(deps, "find", ["/usr", "-xdev", ...skipped, ...unreadable, "-prune", "-print0"]);
  for (const path of stdout.split("\0").filter((path) => path !== "")) {
    const whiteout = join(hide, path.slice("/usr/".length));
    await mkdir(dirname(whiteout), { recursive: true });
    if (!existsSync(whiteout)) await command(deps, "mknod", [whiteout, "c", "0", "0"]);
  }
}

/** Written by this machine's root, but the container's root is another id. */
async function giveToContainers(folder: string, deps: HostStackDeps): Promise<void> {
  const root = ID_MAP.firstHostId;
  await command(deps, "chown", ["-hR", `${root}:${root}`, join(folder, "skeleton"), join(folder, "hide")]);
  for (const { path, mode, owner } of FOLDERS) {
    const target = join(folder, "skeleton", path);
    if (owner !== undefined) await lchown(target, root + owner, root + owner);
    await chmod(target, mode);
  }
}

function command(deps: HostStackDeps, file: string, args: readonly string[]) {
  return runChecked(deps.subprocess, file, args, {
    signal: deps.clock.deadline(BUILD_TIMEOUT_MS, deps.signal),
    outputMax: 16 << 20,
  });
}
