import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { SEALING_SECRET } from "../testing/boot-cc.ts";
import type { Document } from "../testing/push-flow.ts";
import { SECRET, World } from "../testing/world.ts";

const onPostgres = process.env["INGOT_TEST_POSTGRES"] ? "looks into SQLite's file" : false;
const VARIABLE = "a-secret-variable";

let world: World;
let app: string;

before(async () => {
  world = await World.boot();
  app = world.things["apps"]!;
  await world.flow.call("PATCH", `/v3/apps/${app}/environment_variables`, { var: { PASSWORD: VARIABLE } });
  await world.flow.call("PATCH", "/v3/environment_variable_groups/running", { var: { PASSWORD: VARIABLE } });
});
after(() => world[Symbol.asyncDispose]());

/** Everything that lies on disk. */
function bytes(): string {
  const path = world.flow.cc.databasePath;
  return ["", "-wal"].map((suffix) => readFileSync(path + suffix, "latin1")).join("");
}

async function variables(): Promise<unknown> {
  return ((await world.flow.call("GET", `/v3/apps/${app}/environment_variables`)).body as { var: unknown }).var;
}

test("environment variables and credentials never lie open on disk", { skip: onPostgres }, async () => {
  const onDisk = bytes();
  assert.ok(onDisk.includes(app));
  assert.ok(!onDisk.includes(VARIABLE));
  assert.ok(!onDisk.includes(SECRET));
  assert.deepEqual(await variables(), { PASSWORD: VARIABLE });
  const binding = `/v3/service_credential_bindings/${world.things["service_credential_bindings"]}/details`;
  assert.deepEqual(((await world.flow.call("GET", binding)).body as { credentials: unknown }).credentials, {
    password: SECRET,
  });
});

test("what an older version left open is sealed after the start", { skip: onPostgres }, async () => {
  const { databasePath } = world.flow.cc;
  const open = JSON.stringify({ PASSWORD: "left-open" });
  await world.flow.cc.restart(() => {
    using file = new DatabaseSync(databasePath);
    file.prepare("UPDATE apps SET environment_variables = ? WHERE guid = ?").run(open, app);
  });
  assert.deepEqual(await variables(), { PASSWORD: "left-open" });
  using file = new DatabaseSync(databasePath, { readOnly: true });
  const select = file.prepare("SELECT environment_variables AS v FROM apps WHERE guid = ?");
  for (let tries = 0; tries < 2_000; tries++) {
    if (String(select.get(app)?.["v"]).startsWith("sealed:test:")) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.match(String(select.get(app)?.["v"]), /^sealed:test:/);
  assert.deepEqual(await variables(), { PASSWORD: "left-open" });
  const shown = (await world.flow.call("GET", `/v3/apps/${app}`)).body as Document;
  assert.equal(shown.guid, app);
});

test("a change of keys seals everything anew while everything is read and written, then the old key is not needed", async () => {
  const { cc } = world.flow;
  const keys = { test: SEALING_SECRET, next: "another secret of thirty-two bytes" };
  let isOver = false;
  const writing = (async () => {
    for (let n = 0; !isOver; n++) {
      await world.flow.call("PATCH", `/v3/apps/${app}/environment_variables`, { var: { N: String(n) } });
      assert.equal(((await variables()) as { N: string }).N, String(n));
    }
  })();
  const count = await cc.operator.reseal({ current: "next", keys }, new AbortController().signal);
  isOver = true;
  await writing;
  assert.ok(count > 3, `${count} sealed`);
  const before = await variables();
  await cc.restart(undefined, {}, { sealing: { current: "next", keys: { next: keys.next } } });
  assert.deepEqual(await variables(), before);
  const binding = `/v3/service_credential_bindings/${world.things["service_credential_bindings"]}/details`;
  const { body } = await world.flow.call("GET", binding);
  assert.deepEqual((body as { credentials: unknown }).credentials, { password: SECRET });
});
