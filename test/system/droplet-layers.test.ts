import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { skipReason } from "../../src/garden/test-bed.ts";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const skip = skipReason("container"); // elsewhere each instance unpacks its droplet
const HOST = "dora.apps.cf.localhost";
const SERVER = "app/server.js";
const INSTANCES = 5;
let ingot: BootedIngot;

before(async () => {
  if (skip !== false) return;
  ingot = await bootIngot();
  await ingot.login();
  await ingot.cfOk("push", "dora", "-p", join(import.meta.dirname, "..", "apps", "dora"), "-m", "64M");
});
after(() => ingot?.[Symbol.asyncDispose]());

const layersFolder = (): string => join(ingot.state, "cache", "layers");
const layers = (): string[] => readdirSync(layersFolder()).filter((name) => /^[0-9a-f]{64}$/.test(name));
const unfinished = (): string[] => readdirSync(layersFolder()).filter((name) => name.endsWith(".part"));
const inLayer = (path: string): string => join(layersFolder(), layers()[0]!, "home/vcap", path);

/** Runs a command in one instance; Gorouter: X-Cf-App-Instance. */
async function inInstance(index: number, command: string): Promise<string> {
  const guid = (await ingot.cfOk("app", "dora", "--guid")).trim();
  const path = `/sh?command=${encodeURIComponent(command)}`;
  const { status, body } = await ingot.get(HOST, path, { "x-cf-app-instance": `${guid}:${index}` });
  assert.equal(status, 200, body);
  return (JSON.parse(body) as { stdout: string }).stdout;
}

async function allRun(count: number): Promise<void> {
  await eventually(async () => assert.equal((await ingot.status()).instances.running, count), 60_000);
  const asked = Array.from({ length: count }, (_, index) => inInstance(index, "echo $CF_INSTANCE_INDEX"));
  assert.deepEqual(
    (await Promise.all(asked)).map((text) => text.trim()),
    Array.from({ length: count }, (_, index) => String(index)),
  );
}

test("five instances share one unpacked droplet; what one writes the others do not see", { skip }, async () => {
  const original = readFileSync(inLayer(SERVER), "utf8");
  await ingot.cfOk("scale", "dora", "-i", String(INSTANCES));
  await eventually(() => allRun(INSTANCES), 30_000);
  assert.equal(layers().length, 1);

  await inInstance(
    0,
    `echo '// mine' >> /home/vcap/${SERVER}; rm /home/vcap/app/package.json; mv /home/vcap/app /home/vcap/moved; mkdir /home/vcap/app`,
  );
  assert.match(
    await inInstance(0, "tail -1 /home/vcap/moved/server.js; ls /home/vcap/moved"),
    /^\/\/ mine\nserver\.js\n$/,
  );
  for (const index of [1, 4]) {
    assert.equal(await inInstance(index, `cat /home/vcap/${SERVER}`), original);
    assert.equal(await inInstance(index, "stat -c %U /home/vcap/app/package.json"), "vcap\n");
  }
  assert.equal(readFileSync(inLayer(SERVER), "utf8"), original, "a layer never changes");

  // The droplet counts for each instance, as in the real Cloud Foundry, though it is there once.
  const guid = (await ingot.cfOk("app", "dora", "--guid")).trim();
  const stats = JSON.parse(await ingot.cfOk("curl", `/v3/apps/${guid}/processes/web/stats`)) as {
    resources: { usage: { disk: number } }[];
  };
  for (const { usage } of stats.resources) assert.ok(usage.disk > 100 << 20, `${usage.disk} bytes of disk`);
});

test("a restart and a crash begin with the droplet as it was, from the same layer", { skip }, async () => {
  const { ino } = statSync(inLayer(SERVER));
  await ingot.cfOk("restart", "dora");
  await eventually(() => allRun(INSTANCES), 30_000);
  assert.equal(await inInstance(0, "ls /home/vcap/app"), "package.json\nserver.js\n");
  await inInstance(2, `echo '// mine' >> /home/vcap/${SERVER}`);
  await inInstance(2, "kill -9 $PPID").catch(() => undefined);
  await eventually(
    async () => assert.equal((await inInstance(2, `grep -c mine /home/vcap/${SERVER}`)).trim(), "0"),
    30_000,
  );
  assert.equal(statSync(inLayer(SERVER)).ino, ino);
  assert.doesNotMatch(await ingot.cfOk("logs", "dora", "--recent"), /failed/i);
});

test("over a kill -9 of the platform a layer stays with its instances", { skip }, async () => {
  await ingot.kill();
  await ingot.up();
  await eventually(() => allRun(INSTANCES), 30_000);
  assert.equal(layers().length, 1);
  assert.equal(
    await inInstance(3, `head -1 /home/vcap/${SERVER}`),
    `${readFileSync(inLayer(SERVER), "utf8").split("\n")[0]}\n`,
  );
});

test("kill -9 while a droplet is being unpacked: nothing half-made stays, and the app starts", { skip }, async () => {
  await ingot.cfOk("stop", "dora");
  await eventually(async () => assert.equal((await ingot.status()).cells[0]?.containers, 0), 30_000);
  await ingot.kill();
  // As if it had been evicted, and the runtimes' files were new too: there is something to do.
  rmSync(layersFolder(), { recursive: true });
  await ingot.up();
  const starting = ingot.cf("start", "dora");
  while (!existsSync(layersFolder()) || unfinished().length === 0) await sleep(1);
  await ingot.kill();
  await starting;
  await ingot.up();
  await ingot.cfOk("start", "dora");
  await eventually(() => allRun(INSTANCES), 60_000);
  await eventually(() => assert.deepEqual([layers().length, unfinished()], [1, []]));
});
