import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { type Subprocess, systemSubprocess } from "../../kit/subprocess.ts";
import { prepareLifecycle, prepareRuntimes } from "./index.ts";

const system = systemSubprocess();
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

/** The machine without its networks: npm packs a tiny npm, nginx is a script; everything else is real. */
function offlineSubprocess(calls: string[], failing: readonly string[] = []): Subprocess {
  return {
    run: async (file, args, options) => {
      const name = file.slice(file.lastIndexOf("/") + 1);
      calls.push(name);
      if (failing.includes(name)) return { code: 1, stdout: "", stderr: "no network" };
      if (name === "npm") {
        const target = args[args.indexOf("--pack-destination") + 1]!;
        mkdirSync(join(target, "package"));
        writeFileSync(join(target, "package", "package.json"), "{}");
        await system.run("tar", ["-czf", "npm.tgz", "package"], { cwd: target, signal: options.signal });
        return { code: 0, stdout: "npm.tgz\n", stderr: "" };
      }
      if (name === "fetch-nginx") {
        mkdirSync(join(args[0]!, "sbin"), { recursive: true });
        writeFileSync(join(args[0]!, "version"), "1.2.3\n");
        return { code: 0, stdout: "", stderr: "" };
      }
      return await system.run(file, args, options);
    },
  };
}

/** A small file stands for Node's program; a real Node compresses it. */
async function withPlatform(use: (dir: string, home: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "ingot-runtimes-"));
  try {
    const home = join(dir, "node");
    mkdirSync(join(home, "bin"), { recursive: true });
    mkdirSync(join(home, "include", "node"), { recursive: true });
    writeFileSync(join(home, "bin", "node"), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    writeFileSync(join(home, "include", "node", "node.h"), "");
    mkdirSync(join(dir, "cache"));
    await use(dir, home);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const configOf = (dir: string, home: string) => ({
  cacheDir: join(dir, "cache"),
  nodePath: join(home, "bin", "node"),
  nodeVersion: "1.0.0",
});

test("the store gets Node with headers and compressed bytes, npm and nginx, all readable by everybody, once", async () => {
  await withPlatform(async (dir, home) => {
    const calls: string[] = [];
    const deps = { subprocess: offlineSubprocess(calls), clock: systemClock(), log: silentLog() };
    const umask = process.umask(0o077);
    try {
      const { lifecycleDir } = await prepareLifecycle(configOf(dir, home), deps, signal());
      const config = { ...configOf(dir, home), lifecycleDir, npmVersion: "9.9.9" };
      await prepareRuntimes(config, deps, signal());
      const store = join(lifecycleDir, "runtimes");
      assert.deepEqual(readdirSync(store).sort(), ["nginx-1.2.3", "node-1.0.0", "node-1.0.0.gz", "npm-9.9.9"]);
      const program = readFileSync(join(store, "node-1.0.0", "bin", "node"));
      const packed = gunzipSync(readFileSync(join(store, "node-1.0.0.gz", "bin", "node")));
      assert.equal(packed.length % 512, 0);
      assert.deepEqual(packed.subarray(0, program.length), program);
      assert.equal(existsSync(join(store, "node-1.0.0", "include", "node", "node.h")), true);
      for (const path of [
        "",
        "npm-9.9.9",
        "node-1.0.0",
        "node-1.0.0.gz/bin",
        "node-1.0.0/include/node",
        "nginx-1.2.3",
      ]) {
        assert.equal(statSync(join(store, path)).mode & 0o755, 0o755, path);
      }
      calls.length = 0;
      await prepareRuntimes(config, deps, signal());
      assert.deepEqual(calls, []);
    } finally {
      process.umask(umask);
    }
  });
});

test("what cannot be fetched is left out and tried again the next time", async () => {
  await withPlatform(async (dir, home) => {
    const deps = { subprocess: offlineSubprocess([], ["npm", "fetch-nginx"]), clock: systemClock(), log: silentLog() };
    const { lifecycleDir } = await prepareLifecycle(configOf(dir, home), deps, signal());
    const config = { ...configOf(dir, home), lifecycleDir, npmVersion: "9.9.9" };
    await prepareRuntimes(config, deps, signal());
    assert.deepEqual(readdirSync(join(lifecycleDir, "runtimes")).sort(), ["node-1.0.0", "node-1.0.0.gz"]);
    await prepareRuntimes(config, { ...deps, subprocess: offlineSubprocess([]) }, signal());
    assert.equal(existsSync(join(lifecycleDir, "runtimes", "npm-9.9.9")), true);
  });
});

test("a prepared folder is found again, and one that a crash left half made is made anew", async () => {
  await withPlatform(async (dir, home) => {
    const calls: string[] = [];
    const deps = { subprocess: offlineSubprocess(calls) };
    const first = await prepareLifecycle(configOf(dir, home), deps, signal());
    calls.length = 0;
    assert.deepEqual(await prepareLifecycle(configOf(dir, home), deps, signal()), first);
    assert.deepEqual(calls, []);
    rmSync(first.lifecycleDir, { recursive: true });
    mkdirSync(`${first.lifecycleDir}.partial`);
    writeFileSync(`${first.lifecycleDir}.partial/builder`, "half");
    await prepareLifecycle(configOf(dir, home), deps, signal());
    assert.match(readFileSync(join(first.lifecycleDir, "builder"), "utf8"), /builder-main\.js/);
    const other = await prepareLifecycle({ ...configOf(dir, home), nodeVersion: "1.0.1" }, deps, signal());
    assert.notEqual(other.lifecycleDir, first.lifecycleDir);
  });
});
