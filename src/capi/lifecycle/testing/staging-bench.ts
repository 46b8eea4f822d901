/** For tests: a builder with its folders below one temporary folder, run as the platform runs it. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemSubprocess } from "../../../kit/subprocess.ts";
import { buildpackFolderName, prepareLifecycle } from "../index.ts";

const PREPARE_TIMEOUT_MS = 60_000;

let prepared: Promise<string> | undefined;

/** One lifecycle folder for all tests of this process. */
async function prepareOnce(): Promise<string> {
  const cacheDir = mkdtempSync(join(tmpdir(), "ingot-lifecycle-"));
  chmodSync(cacheDir, 0o755); // tests start apps as nobody
  process.on("exit", () => rmSync(cacheDir, { recursive: true, force: true }));
  const config = { cacheDir, nodePath: process.execPath, nodeVersion: process.versions.node };
  const deps = { subprocess: systemSubprocess() };
  return (await prepareLifecycle(config, deps, AbortSignal.timeout(PREPARE_TIMEOUT_MS))).lifecycleDir;
}

/** How a program ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Files by path; executables start with `#!`. */
export type FileTree = Readonly<Record<string, string>>;

export class StagingBench implements Disposable {
  readonly dir: string;
  readonly lifecycleDir: string;

  private constructor(dir: string, lifecycleDir: string) {
    this.dir = dir;
    this.lifecycleDir = lifecycleDir;
    for (const name of ["app", "buildpacks", "cache"]) mkdirSync(join(dir, name));
  }

  static async open(): Promise<StagingBench> {
    prepared ??= prepareOnce();
    return new StagingBench(mkdtempSync(join(tmpdir(), "ingot-staging-")), await prepared);
  }

  path(...names: string[]): string {
    return join(this.dir, ...names);
  }

  writeApp(files: FileTree): void {
    writeTree(this.path("app"), files);
  }

  /** Puts a buildpack where the executor puts it for that key; gives its folder. */
  writeBuildpack(key: string, files: FileTree): string {
    const folder = this.path("buildpacks", buildpackFolderName(key));
    writeTree(folder, files);
    return folder;
  }

  async stage(order: readonly string[], flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const args = [
      `-buildpackOrder=${order.join(",")}`,
      `-buildDir=${this.path("app")}`,
      `-outputDroplet=${this.path("out", "droplet")}`,
      `-outputMetadata=${this.path("out", "result.json")}`,
      `-outputBuildArtifactsCache=${this.path("out", "cache")}`,
      `-buildpacksDir=${this.path("buildpacks")}`,
      `-buildpacksDownloadDir=${this.path("downloads")}`,
      `-buildArtifactsCacheDir=${this.path("cache")}`,
    ];
    return await runToEnd(join(this.lifecycleDir, "builder"), [...args, ...flags], { env: { ...plainEnv(), ...env } });
  }

  result(): Record<string, unknown> {
    return JSON.parse(readFileSync(this.path("out", "result.json"), "utf8")) as Record<string, unknown>;
  }

  /** Unpacks the droplet with GNU tar and gives the folder. */
  async unpackDroplet(): Promise<string> {
    const home = this.path("home");
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home);
    const ended = await runToEnd("tar", ["-xzf", this.path("out", "droplet"), "-C", home], { env: plainEnv() });
    if (ended.code !== 0) throw new Error(ended.stderr);
    return home;
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A buildpack that accepts every app and does nothing. */
export function anyBuildpack(changes: FileTree = {}): FileTree {
  return {
    "bin/detect": "#!/bin/sh\necho Any\n",
    "bin/compile": "#!/bin/sh\nexit 0\n",
    "bin/release": "#!/bin/sh\necho '---'; echo 'default_process_types:'; echo '  web: the start command'\n",
    ...changes,
  };
}

export function writeTree(folder: string, files: FileTree): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (text.startsWith("#!")) chmodSync(path, 0o755);
  }
}

/** What a container gives, and no more. */
export function plainEnv(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: process.env["HOME"] };
}

/** Runs a program until it and everything that holds its pipes has ended. */
export function runToEnd(
  file: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
