import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type PostgresServer, postgresPrograms, startPostgresServer } from "../../src/kit/testing/postgres-server.ts";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const HELLO = join(import.meta.dirname, "..", "..", "examples", "hello-node");
const HOST = "hello-node.apps.cf.localhost";
const SKIP = postgresPrograms() === null ? "needs PostgreSQL" : false;
/** Longer than any loop of the platform waits after a failure. */
const BACK_WITHIN_MS = 30_000;

const release = new AsyncDisposableStack();
let server: PostgresServer;
let ingot: BootedIngot;

before(async () => {
  if (SKIP !== false) return;
  server = release.use(await startPostgresServer(true));
  ingot = release.use(await bootIngot({ flags: ["--database", `${server.url}?password=never-shown`] }));
  await ingot.login();
});
after(() => release.disposeAsync());

test("a platform whose rows lie in PostgreSQL takes an app, and shows the database's password nowhere", {
  skip: SKIP,
}, async () => {
  await ingot.cfOk("push", "-f", HELLO, "-p", HELLO);
  assert.equal((await ingot.get(HOST)).status, 200);
  const { output } = await ingot.ingot("config", "--database", `${server.url}?password=never-shown`);
  assert.match(output, /"database": "postgres:/);
  for (const text of [output, readFileSync(ingot.logPath, "utf8")]) assert.doesNotMatch(text, /never-shown/);
});

for (const [how, leave] of [
  ["stops", () => server.stop()],
  ["is killed", () => server.kill()],
] as const) {
  test(`the database ${how} and comes back: apps serve on, commands say what is wrong, nothing restarts`, {
    skip: SKIP,
  }, async () => {
    const pid = ingot.pid();
    await leave();
    try {
      const refused = await ingot.cf("apps");
      assert.equal(refused.code, 1);
      assert.match(refused.output, /Database connection failure/);
      assert.notEqual((await ingot.cf("auth", "admin", ingot.adminPassword)).code, 0);
      assert.equal((await ingot.get(HOST)).status, 200);
      assert.equal((await ingot.status()).state, "ready");
    } finally {
      await server.start();
    }
    await eventually(() => ingot.cfOk("auth", "admin", ingot.adminPassword), BACK_WITHIN_MS);
    await ingot.cfOk("target", "-o", "test-org", "-s", "test-space");
    assert.match(await ingot.cfOk("app", "hello-node"), /#0\s+running/);
    await ingot.cfOk("scale", "hello-node", "-i", "2");
    await eventually(async () => assert.match(await ingot.cfOk("app", "hello-node"), /#1\s+running/));
    await ingot.cfOk("scale", "hello-node", "-i", "1");
    assert.equal(ingot.pid(), pid);
  });
}

test("what was answered is there after kill -9 of the platform", { skip: SKIP }, async () => {
  await ingot.cfOk("create-org", "kept");
  await ingot.kill();
  await ingot.up();
  assert.match(await ingot.cfOk("orgs"), /kept/);
  assert.equal((await ingot.get(HOST)).status, 200);
});

test("without its database the platform does not start, and says so; a folder that has one is not started without", {
  skip: SKIP,
}, async () => {
  await ingot.kill();
  await server.stop();
  try {
    const flags = ["--state", ingot.state, "--database", server.url];
    const away = await ingot.ingot("up", ...flags);
    assert.notEqual(away.code, 0);
    assert.match(away.output, /the database does not answer/);
    const forgotten = await ingot.ingot("up", "--state", ingot.state);
    assert.notEqual(forgotten.code, 0);
    assert.match(forgotten.output, /rows lie in PostgreSQL/);
  } finally {
    await server.start();
  }
  await ingot.up();
  assert.match(await ingot.cfOk("orgs"), /kept/);
});
