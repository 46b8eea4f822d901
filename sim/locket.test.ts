import assert from "node:assert/strict";
import { test } from "node:test";
import { holdLock, LockCollisionError, type LocketClient } from "../src/diego/locket/client.ts";
import { type LockRecord, startLocket } from "../src/diego/locket/index.ts";
import { memoryLockStore } from "../src/diego/locket/store-memory.ts";
import { silentLog } from "../src/kit/log.ts";
import { Scheduler } from "./scheduler.ts";
import { seededRandom } from "./seeded-random.ts";
import { SimProcess } from "./sim-process.ts";

const never = new AbortController().signal;
const log = silentLog();

async function world(holdersDiedWithProcess = false, disk = new Map<string, LockRecord>()) {
  const scheduler = new Scheduler();
  const random = seededRandom(1);
  const { clock } = new SimProcess("locket", "here", scheduler, random);
  const store = memoryLockStore(disk);
  const locket = await startLocket({ databasePath: "", holdersDiedWithProcess }, { clock, random, log, store });
  return { scheduler, clock, client: locket.client, disk };
}

const lock = (owner: string) => ({ key: "bbs", owner, value: "", type: "lock" }) as const;
const presence = (owner: string, value = "v") => ({ key: "cell-1", owner, value, type: "presence" }) as const;

test("a lock has one owner, who may renew it and alone release it", async () => {
  const { client } = await world();
  await client.lock(lock("a"), 15, never);
  await client.lock(lock("a"), 15, never);
  await assert.rejects(client.lock(lock("b"), 15, never), LockCollisionError);
  await client.release(lock("b"), never);
  assert.equal((await client.fetch("bbs", never))?.owner, "a");
  await client.release(lock("a"), never);
  assert.equal(await client.fetch("bbs", never), null);
  await client.lock(lock("b"), 15, never);
});

test("a lock without owner or TTL is refused", async () => {
  const { client } = await world();
  await assert.rejects(client.lock(lock(""), 15, never), /invalid owner/);
  await assert.rejects(client.lock(lock("a"), 0, never), /invalid TTL/);
});

test("locks and presences are listed apart; a presence shows its newest value", async () => {
  const { client } = await world();
  await client.lock(lock("a"), 15, never);
  await client.lock(presence("b", "old"), 15, never);
  await client.lock(presence("b", "new"), 15, never);
  assert.deepEqual(await client.fetchAll("presence", never), [presence("b", "new")]);
  assert.deepEqual(await client.fetchAll("lock", never), [lock("a")]);
});

test("what nobody renews ends a second after its TTL at the latest", async () => {
  const { client, scheduler } = await world();
  await client.lock(lock("a"), 15, never);
  await scheduler.advance(14_000);
  assert.notEqual(await client.fetch("bbs", never), null);
  await scheduler.advance(2_100);
  assert.equal(await client.fetch("bbs", never), null);
});

test("after a restart the TTL starts anew and the owner is kept", async () => {
  const { disk, client } = await world();
  await client.lock(lock("a"), 15, never);
  const { client: again, scheduler } = await world(false, disk);
  await assert.rejects(again.lock(lock("b"), 15, never), LockCollisionError);
  await scheduler.advance(17_000);
  await again.lock(lock("b"), 15, never);
});

test("on one machine what the dead process held may be taken at once, yet a cell stays present", async () => {
  const { disk, client } = await world();
  await client.lock(lock("a"), 15, never);
  await client.lock(presence("a"), 15, never);
  const { client: again } = await world(true, disk);
  assert.deepEqual(await again.fetchAll("presence", never), [presence("a")]);
  await again.lock(lock("b"), 15, never);
  await again.lock(presence("b"), 15, never);
  await assert.rejects(again.lock(lock("c"), 15, never), LockCollisionError);
});

test("a holder waits for the lock, holds it for as long as it renews, and gives it back", async () => {
  const { client, clock, scheduler } = await world();
  const first = new AbortController();
  const second = new AbortController();
  const a = holdLock(lock("a"), { locket: client, clock, log }, first.signal);
  const b = holdLock(lock("b"), { locket: client, clock, log }, second.signal);
  await a.acquired;
  let acquired = false;
  b.acquired.then(
    () => {
      acquired = true;
    },
    () => undefined,
  );
  await scheduler.advance(300_000);
  assert.equal(acquired, false);
  assert.equal(a.lost.aborted, false);
  first.abort();
  await scheduler.advance(2_000);
  await a.released;
  assert.equal(acquired, true);
  assert.equal((await client.fetch("bbs", never))?.owner, "b");
  second.abort();
  await b.released;
});

test("a holder that does not reach Locket gives up before Locket gives its lock away", async () => {
  const { client, clock, scheduler } = await world();
  let silent = false;
  const locket: LocketClient = {
    ...client,
    lock: (resource, ttlSeconds, signal) =>
      silent
        ? new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
        : client.lock(resource, ttlSeconds, signal),
  };
  const held = holdLock(lock("a"), { locket, clock, log }, never);
  await held.acquired;
  silent = true;
  let lostAtMs = 0;
  let freeAtMs = 0;
  held.lost.addEventListener("abort", () => {
    lostAtMs = scheduler.nowMs;
  });
  for (let second = 0; second < 30 && freeAtMs === 0; second++) {
    await scheduler.advance(1_000);
    if ((await client.fetch("bbs", never)) === null) freeAtMs = scheduler.nowMs;
  }
  assert.ok(lostAtMs > 0 && lostAtMs < freeAtMs, `given up at ${lostAtMs}, free at ${freeAtMs}`);
});
