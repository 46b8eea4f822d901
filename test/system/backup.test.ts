import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const DORA = join(ROOT, "test", "apps", "dora");
const HOST = "dora.apps.cf.localhost";
let ingot: BootedIngot;
let folder: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "ingot-test-backup-"));
  ingot = await bootIngot();
  await ingot.login();
  await ingot.cfOk("push", "dora", "-p", DORA, "--no-start");
  await ingot.cfOk("set-env", "dora", "SECRET_OF_DORA", "kept through it all");
  await ingot.cfOk("start", "dora");
});
after(async () => {
  await ingot?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test("kill -9 at any moment of a backup or a restore leaves nothing half, and the next one works", async () => {
  const file = join(folder, "killed.tar.gz");
  const target = join(folder, "killed");
  const killed = async (afterMs: number, ...argv: string[]): Promise<void> => {
    const child = spawn(join(ROOT, "ingot"), ["admin", ...argv], { stdio: "ignore", detached: true });
    const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), afterMs);
    await new Promise((resolve) => child.once("exit", resolve));
    clearTimeout(timer);
  };
  for (const afterMs of [150, 250, 300, 350, 400, 500, 700]) {
    rmSync(file, { force: true });
    await killed(afterMs, "backup", file, "--state", ingot.state);
    if (existsSync(file)) break; // it was faster
  }
  rmSync(file, { force: true });
  const made = await ingot.ingot("admin", "backup", file, "--state", ingot.state);
  assert.equal(made.code, 0, made.output);
  assert.deepEqual(readdirSync(folder), ["killed.tar.gz"]);
  assert.deepEqual(readdirSync(join(ingot.state, "tmp")), []);
  for (const afterMs of [150, 250, 300, 350, 400, 500, 700]) {
    await killed(afterMs, "restore", file, "--state", target);
    if (existsSync(target)) break;
  }
  rmSync(target, { recursive: true, force: true });
  const restored = await ingot.ingot("admin", "restore", file, "--state", target);
  assert.equal(restored.code, 0, restored.output);
  assert.deepEqual(readdirSync(folder).sort(), ["killed", "killed.tar.gz"]);
  const again = await ingot.ingot("admin", "restore", file, "--state", target);
  assert.equal(again.code, 1);
  assert.match(again.output, /is not empty/);
  rmSync(target, { recursive: true });
});

test("a backup of a running Ingot, restored elsewhere, brings apps, users and secrets back", async (t) => {
  const file = join(folder, "backup.tar.gz");
  const made = await ingot.ingot("admin", "backup", file, "--state", ingot.state);
  assert.equal(made.code, 0, made.output);
  const state = join(folder, "restored");
  const restored = await ingot.ingot("admin", "restore", file, "--state", state);
  assert.equal(restored.code, 0, restored.output);
  await ingot[Symbol.asyncDispose]();
  ingot = await bootIngot({ state });
  const readyMs = performance.now();
  // The old password holds, the app comes up without a push, and what was sealed is readable.
  await eventually(async () => assert.equal((await ingot.get(HOST)).status, 200), 60_000);
  t.diagnostic(`the app answers ${Math.round(performance.now() - readyMs)} ms after the start`);
  const { body } = await ingot.get(HOST, "/env");
  assert.equal((JSON.parse(body) as Record<string, string>)["SECRET_OF_DORA"], "kept through it all");
  await ingot.cfOk("api", ingot.apiUrl, "--skip-ssl-validation");
  await ingot.cfOk("auth", "admin", ingot.adminPassword);
  await ingot.cfOk("target", "-o", "test-org", "-s", "test-space");
  await ingot.cfOk("push", "dora", "-p", DORA);
  assert.equal((await ingot.get(HOST)).status, 200);
});
