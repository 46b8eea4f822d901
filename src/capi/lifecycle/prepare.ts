import { createHash } from "node:crypto";
import { access, chmod, copyFile, link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ownNodeLibraries } from "../../kit/own-node.ts";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";
import type { LifecycleConfig } from "./config.ts";
import { containerFiles, writeContainerFiles, yamlLibrary } from "./container-files.ts";

/** Counts changes of the folder's layout that its files do not show. */
const LAYOUT = "2";
const BUNDLE_DIR = join(import.meta.dirname, "bundle");
const LIBRARY_DIRS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64"];

/**
 * Makes the folder that containers see as /tmp/lifecycle: builder, launcher, shell, Node under `node/` and, for apps, under
 * `runtimes/`. Named by its contents, so a second call finds it (5 ms) and containers of an older platform keep theirs. Idempotent; what a
 * kill -9 left half done is not taken for whole. Older bundles stay: apps that run have them mounted.
 */
export async function prepareLifecycle(
  config: LifecycleConfig,
  deps: { readonly subprocess: Subprocess },
  signal: AbortSignal,
): Promise<{ readonly lifecycleDir: string }> {
  const own = await containerFiles(BUNDLE_DIR);
  const yamlDir = dirname(createRequire(import.meta.url).resolve("yaml/package.json"));
  const files = [...own, ...(await yamlLibrary(yamlDir))];
  const hash = createHash("sha256")
    .update(`${LAYOUT} ${config.nodeVersion}`)
    .update(await readFile(join(yamlDir, "package.json")));
  for (const file of own) hash.update(file.to).update(await readFile(file.from));
  const lifecycleDir = join(config.cacheDir, `lifecycle-${hash.digest("hex").slice(0, 16)}`);
  if (await exists(lifecycleDir)) return { lifecycleDir };

  const partial = `${lifecycleDir}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(partial, "node", "bin"), { recursive: true });
  await writeContainerFiles(files, partial, { nodePath: config.nodePath, subprocess: deps.subprocess }, signal);
  await writeFile(join(partial, "package.json"), '{"type":"module"}\n');
  await linkOrCopy(config.nodePath, join(partial, "node", "bin", "node"));
  const libatomic = await findLibatomic();
  if (libatomic !== null) {
    await mkdir(join(partial, "node", "lib"));
    await copyFile(libatomic, join(partial, "node", "lib", "libatomic.so.1"));
  }
  // The very first staging shall find the platform's Node; what else the store can hold comes with prepareRuntimes.
  const store = join(partial, "runtimes", `node-${config.nodeVersion}`);
  await mkdir(join(store, "bin"), { recursive: true });
  await linkOrCopy(join(partial, "node", "bin", "node"), join(store, "bin", "node"));
  const license = join(dirname(dirname(config.nodePath)), "LICENSE");
  if (await exists(license)) await copyFile(license, join(store, "LICENSE"));
  await makeReadable(partial, deps.subprocess, signal);
  await rename(partial, lifecycleDir).catch(async (error) => {
    if (!(await exists(lifecycleDir))) throw error; // else somebody else was faster
    await rm(partial, { recursive: true, force: true });
  });
  return { lifecycleDir };
}

/** For the users of containers, whatever umask keeps the rest of the state folder private. */
export async function makeReadable(folder: string, subprocess: Subprocess, signal: AbortSignal): Promise<void> {
  await runChecked(subprocess, "chmod", ["-R", "a+rX,go-w", folder], { signal });
}

/** A second name for a big file; a copy where that cannot be. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async () => {
    await copyFile(from, to);
    await chmod(to, 0o755);
  });
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** Node 26 needs it and a minimal stack lacks it. */
async function findLibatomic(): Promise<string | null> {
  for (const dir of [...ownNodeLibraries(), ...LIBRARY_DIRS]) {
    const names = await readdir(dir).catch((): string[] => []);
    if (names.includes("libatomic.so.1")) return join(dir, "libatomic.so.1");
  }
  return null;
}
