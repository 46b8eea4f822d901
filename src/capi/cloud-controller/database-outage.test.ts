import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Log, silentLog } from "../../kit/log.ts";
import { type PostgresServer, postgresPrograms, startPostgresServer } from "../../kit/testing/postgres-server.ts";
import type { CcDeps } from "./index.ts";
import { type Answer, type Call, TestCc } from "./testing/boot-cc.ts";
import { related } from "./testing/world.ts";

// The database goes away under a running Cloud Controller, in each way in which it can, and comes back.

const SKIP = postgresPrograms() === null ? "needs PostgreSQL" : false;
const FROZEN = process.env["INGOT_TEST_FULL"] === undefined ? "waits for timeouts, only with --full" : SKIP;
/** A request that needs the database has an answer after this long, whatever has become of it. */
const ANSWERED_WITHIN_MS = 10_000;
/** The same for a database that takes everything and says nothing: 35 s until a query is given up; who waits for his turn or a connection goes sooner. */
const FROZEN_ANSWERED_WITHIN_MS = 45_000;
const BACK_WITHIN_MS = 20_000;
const AT_ONCE = 40;
const UNAVAILABLE = { code: 10_015, title: "CF-ServiceUnavailable", detail: "Database connection failure" };

let server: PostgresServer;
before(async () => {
  if (SKIP === false) server = await startPostgresServer(true);
});
after(async () => await server?.[Symbol.asyncDispose]());

interface Resource {
  readonly guid: string;
  readonly name: string;
}

async function boot(
  schema: string,
  replaced: Partial<CcDeps> = {},
): Promise<{ cc: TestCc; call: Call } & AsyncDisposable> {
  const cc = await TestCc.boot(replaced, {}, { database: { url: server.url, schema } });
  return { cc, call: await cc.admin(), [Symbol.asyncDispose]: () => cc[Symbol.asyncDispose]() };
}

/** Each of many different requests gets CC's error document, and none hangs. */
async function assertUnavailable(call: Call, withinMs: number): Promise<void> {
  const requests: readonly [string, string, object?][] = [
    ["GET", "/v3/organizations"],
    ["GET", "/v3/apps?include=space"],
    ["GET", "/v3/jobs/none"],
    ["POST", "/v3/organizations", { name: "never" }],
    ["POST", "/v3/spaces", { name: "never", ...related({ organization: "none" }) }],
    ["DELETE", "/v3/organizations/none"],
  ];
  const startedMs = performance.now();
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, number) => call(...requests[number % requests.length]!)),
  );
  const tookMs = performance.now() - startedMs;
  for (const { status, body } of answers) assert.deepEqual([status, body], [503, { errors: [UNAVAILABLE] }]);
  assert.ok(tookMs < withinMs, `${Math.round(tookMs)} ms`);
}

async function untilBack(call: Call): Promise<void> {
  const until = performance.now() + BACK_WITHIN_MS;
  for (;;) {
    const { status } = await call("GET", "/v3/organizations");
    if (status === 200) return;
    assert.equal(status, 503);
    assert.ok(performance.now() < until, "it does not find back");
    await sleep(50);
  }
}

async function organizations(call: Call): Promise<string[]> {
  const { body } = await call("GET", "/v3/organizations?per_page=5000");
  return (body as { resources: Resource[] }).resources.map(({ name }) => name);
}

test("while the database is stopped requests are told so at once, jobs wait, and both go on when it is back", {
  skip: SKIP,
}, async () => {
  const told = Promise.withResolvers<void>();
  let asked = false;
  const keys = async (_bucket: string, prefix?: string): Promise<string[]> => {
    if (prefix === undefined) return [];
    asked = true;
    await told.promise;
    return [];
  };
  const blobstore = { keys } as unknown as CcDeps["blobstore"];
  const unread = Promise.withResolvers<void>();
  const log: Log = {
    ...silentLog(),
    error: (message) => {
      if (message === "jobs cannot be read") unread.resolve();
    },
  };
  await using world = await boot("stopped", { blobstore, log });
  const { cc, call } = world;
  const organization = ((await call("POST", "/v3/organizations", { name: "o" })).body as Resource).guid;
  const space = ((await call("POST", "/v3/spaces", { name: "s", ...related({ organization }) })).body as Resource).guid;
  const app = (await call("POST", "/v3/apps", { name: "doomed", ...related({ space }) })).body as Resource;
  const deletion = await call("DELETE", `/v3/apps/${app.guid}`);
  while (!asked) await sleep(5); // the job is in its middle
  await server.stop();
  try {
    told.resolve();
    await assertUnavailable(call, ANSWERED_WITHIN_MS);
    assert.equal((await cc.fetch("GET", "/v3/info")).status, 200, "what needs no database is answered");
    await unread.promise; // it has been looked for in vain
  } finally {
    await server.start();
  }
  await untilBack(call);
  assert.equal((await cc.job(deletion)).state, "COMPLETE");
  assert.deepEqual(((await call("GET", "/v3/apps")).body as { resources: Resource[] }).resources, []);
  assert.equal((await call("POST", "/v3/organizations", { name: "after" })).status, 201);
});

test("what was answered is there after kill -9 of the database in the middle of writes, whole or not at all", {
  skip: SKIP,
}, async () => {
  await using world = await boot("killed");
  const { call } = world;
  for (let round = 0; round < 3; round++) {
    const created: string[] = [];
    let killed: Promise<void> | null = null;
    const write = async (writer: number): Promise<void> => {
      for (let number = 0; ; number++) {
        const name = `round-${round}-${writer}-${number}`;
        const { status, body }: Answer = await call("POST", "/v3/organizations", { name });
        if (status === 503) {
          assert.deepEqual(body, { errors: [UNAVAILABLE] });
          return;
        }
        assert.equal(status, 201, JSON.stringify(body));
        created.push(name);
        if (created.length === 40) killed = server.kill();
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
    assert.ok(killed !== null);
    await killed;
    await server.start();
    await untilBack(call);
    const there = await organizations(call);
    for (const name of created) assert.ok(there.includes(name), `${name} was answered and is gone`);
    const { body } = await call("GET", "/v3/audit_events?types=audit.organization.create&per_page=5000");
    const events = (body as { resources: { target: Resource }[] }).resources.map(({ target }) => target.name);
    assert.deepEqual(events.sort(), there.filter((name) => name.startsWith("round")).sort());
  }
});

test("a database that says nothing holds no request for ever", { skip: FROZEN }, async () => {
  await using world = await boot("frozen");
  const { call } = world;
  await Promise.all(Array.from({ length: 20 }, () => call("GET", "/v3/organizations"))); // connections are open
  server.freeze();
  try {
    await assertUnavailable(call, FROZEN_ANSWERED_WITHIN_MS);
  } finally {
    server.thaw();
  }
  await untilBack(call);
  assert.equal((await call("POST", "/v3/organizations", { name: "after" })).status, 201);
});
