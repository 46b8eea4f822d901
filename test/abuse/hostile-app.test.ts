import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type BootedIngot, bootIngot, eventually } from "../system/boot-ingot.ts";

const DORA = join(import.meta.dirname, "..", "apps", "dora");
const NEIGHBOUR = "neighbour.apps.cf.localhost";
let ingot: BootedIngot;

before(async () => {
  ingot = await bootIngot();
  await ingot.login();
  await ingot.cfOk("push", "neighbour", "-p", DORA, "-m", "128M");
});
after(() => ingot?.[Symbol.asyncDispose]());

async function neighbourIsWell(): Promise<void> {
  const answer = await ingot.get(NEIGHBOUR);
  assert.equal(answer.status, 200);
  assert.equal((await ingot.status()).state, "ready");
}

test("an app that eats its memory is ended, and its exit reason says so", async () => {
  await ingot.cfOk("push", "hungry", "-p", DORA, "-m", "128M");
  await ingot.get("hungry.apps.cf.localhost", "/memory?mb=600").catch(() => undefined);
  await eventually(async () => assert.match(await ingot.cfOk("events", "hungry"), /out of memory/), 60_000);
  await neighbourIsWell();
  await ingot.cfOk("delete", "-f", "-r", "hungry");
});

test("an app that fills its disk gets ENOSPC or EDQUOT, nobody else does", async () => {
  await ingot.cfOk("push", "filler", "-p", DORA, "-m", "128M", "-k", "512M");
  const { body } = await ingot.get("filler.apps.cf.localhost", "/disk?mb=1024");
  assert.match(body, /ENOSPC|EDQUOT/);
  const neighbour = await ingot.get(NEIGHBOUR, "/disk?mb=1");
  assert.equal(neighbour.body, "written");
  await neighbourIsWell();
  await ingot.cfOk("delete", "-f", "-r", "filler");
});

test("an app that forks without end hits its own limit", async () => {
  await ingot.cfOk("push", "forker", "-p", DORA, "-m", "256M");
  const { body } = await ingot.get("forker.apps.cf.localhost", "/forks?count=3000");
  const { failed } = JSON.parse(body) as { failed: number };
  assert.ok(failed > 1000, body);
  await neighbourIsWell();
  await ingot.cfOk("delete", "-f", "-r", "forker");
});

test("50 MB of logs harm nobody", async () => {
  await ingot.cfOk("push", "shouter", "-p", DORA, "-m", "128M");
  const { body } = await ingot.get("shouter.apps.cf.localhost", "/spam?mb=50");
  assert.equal(body, "spammed");
  await neighbourIsWell();
  await ingot.get(NEIGHBOUR, "/log?text=heard-over-the-noise");
  await eventually(async () => assert.match(await ingot.cfOk("logs", "neighbour", "--recent"), /heard-over-the-noise/));
  await ingot.cfOk("delete", "-f", "-r", "shouter");
});

test("an app that never binds its port does not start, and the reason is told", async () => {
  await ingot.cfOk("push", "mute", "-p", DORA, "-m", "128M", "--no-start");
  await ingot.cfOk("set-env", "mute", "NEVER_LISTEN", "1");
  const started = await ingot.cf("push", "mute", "-p", DORA, "-m", "128M", "-t", "5");
  assert.notEqual(started.code, 0);
  assert.match(started.output, /FAILED/);
  await eventually(
    async () => assert.match(await ingot.cfOk("logs", "mute", "--recent"), /never healthy|health check never passed/i),
    60_000,
  );
  await ingot.cfOk("delete", "-f", "-r", "mute");
});

test("inside the container: the API, another app and names work; host, link-local and private networks do not", async () => {
  const sh = async (command: string): Promise<{ code: number; stdout: string; stderr: string }> => {
    const { body } = await ingot.get(NEIGHBOUR, `/sh?command=${encodeURIComponent(command)}`);
    return JSON.parse(body) as { code: number; stdout: string; stderr: string };
  };
  const api = await sh(`curl -sk -m 5 ${ingot.apiUrl}/v3/info`);
  assert.match(api.stdout, /"links"/, JSON.stringify(api));
  const other = await sh(`curl -s -m 5 http://${NEIGHBOUR}:${ingot.httpPort}/`);
  assert.match(other.stdout, /dora instance/, JSON.stringify(other));
  assert.match((await sh("id -u")).stdout, /^2000$/m);
  for (const [what, command] of [
    ["link-local metadata", "curl -s -m 2 http://169.254.169.254/"],
    ["a private network", "curl -s -m 2 http://10.0.0.1/"],
    ["mounting", "mount -t tmpfs none /mnt"],
    ["a new user namespace", "unshare -U true"],
    ["reading the host's shadow", "cat /etc/shadow"],
    ["writing to /proc/sys", "echo 1 > /proc/sys/kernel/panic"],
    ["seeing other processes", "test $(ps ax 2>/dev/null | wc -l) -gt 50"],
  ] as const) {
    assert.notEqual((await sh(command)).code, 0, `${what} must not work`);
  }
});
