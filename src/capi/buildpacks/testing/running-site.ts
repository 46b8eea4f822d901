/** For tests: apps behind nginx, staged by a buildpack of ours and started as the platform does. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ended, type FileTree, plainEnv, runToEnd, StagingBench } from "../../lifecycle/testing/staging-bench.ts";
import { addSystemBuildpack } from "./pack-bench.ts";

const NOBODY = 65534;
const LIMIT_MS = 20_000;

/** nginx as the platform's store has it, fetched once for all tests; null on a machine without apt. */
let nginxDir: string | null = null;

/** Call before the first test. */
export async function fetchNginx(): Promise<void> {
  const bench = await StagingBench.open();
  const fetched = await runToEnd(`${bench.lifecycleDir}/fetch-nginx`, [bench.path("nginx")]).catch(() => null);
  if (fetched?.code === 0) nginxDir = bench.path("nginx");
  process.on("exit", () => bench[Symbol.dispose]());
}

export interface Site extends AsyncDisposable {
  /** What the app has written so far. */
  output(): string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
  readonly text: string;
}

/** `buildpack` as its folder is called. */
export async function stageSite(
  bench: StagingBench,
  buildpack: string,
  files: FileTree,
  flags: readonly string[] = [],
): Promise<Ended> {
  await addSystemBuildpack(bench, buildpack);
  const runtimes = bench.path("runtimes");
  if (nginxDir !== null && !existsSync(runtimes)) cpSync(nginxDir, `${runtimes}/nginx-1.0.0`, { recursive: true });
  bench.writeApp(files);
  return await bench.stage([`${buildpack}_buildpack`], flags, { INGOT_RUNTIMES: runtimes });
}

/** Stages and starts a site, not as root, as it is in a container. */
export async function startSite(
  bench: StagingBench,
  buildpack: string,
  files: FileTree,
  env: NodeJS.ProcessEnv = {},
): Promise<Site> {
  const ended = await stageSite(bench, buildpack, files);
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  const home = await bench.unpackDroplet();
  chmodSync(bench.dir, 0o755);
  const root = process.getuid?.() === 0;
  if (root) await runToEnd("chown", ["-R", `${NOBODY}:${NOBODY}`, home]);
  const port = await freePort();
  const child: ChildProcess = spawn("/bin/bash", [`${bench.lifecycleDir}/launcher`, "app", "", "{}"], {
    cwd: home,
    env: { ...plainEnv(), ...env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
    ...(root ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  let output = "";
  child.stdout!.on("data", (chunk: Buffer) => (output += chunk));
  child.stderr!.on("data", (chunk: Buffer) => (output += chunk));
  const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { host: "127.0.0.1", port, path, headers: { host: "site.example.com", ...headers } },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("end", () => {
            const bytes = Buffer.concat(chunks);
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, text: bytes.toString() });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end();
    });
  const until = Date.now() + LIMIT_MS;
  for (;;) {
    const up = await get("/").then(
      () => true,
      () => false,
    );
    if (up) break;
    if (child.exitCode !== null || Date.now() > until) throw new Error(`the site did not start:\n${output}`);
    await sleep(20);
  }
  return {
    output: () => output,
    get,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** For the options of a test. */
export const needsNginx = (): { skip: string | false } => ({
  skip: existsSync("/usr/bin/apt-get") ? false : "needs apt",
});
