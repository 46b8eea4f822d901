import assert from "node:assert/strict";
import { test } from "node:test";
import { kyselyOf } from "./kysely-sqlite.ts";
import { Sqlite } from "./sqlite.ts";

test("however many queries wait, the event loop has its turns between them", async () => {
  using file = new Sqlite(":memory:");
  file.exec("CREATE TABLE t (n INTEGER NOT NULL) STRICT");
  const db = kyselyOf<{ t: { n: number } }>(file);
  let isDone = false;
  let turns = 0;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const caller = async (): Promise<void> => {
    for (let asked = 0; asked < 500; asked++) await db.selectFrom("t").select("n").execute();
  };
  await Promise.all(Array.from({ length: 20 }, caller));
  isDone = true;
  assert.ok(turns >= 4, `${turns} turns meanwhile`);
});

test("a transaction is never mixed with other queries, also where the event loop comes in", async () => {
  using file = new Sqlite(":memory:");
  file.exec("CREATE TABLE t (n INTEGER NOT NULL) STRICT");
  const db = kyselyOf<{ t: { n: number } }>(file);
  const seen = new Set<number>();
  const writer = async (): Promise<void> => {
    for (let round = 0; round < 50; round++) {
      await db.transaction().execute(async (trx) => {
        await trx.insertInto("t").values({ n: 1 }).execute();
        await trx.insertInto("t").values({ n: 2 }).execute();
      });
    }
  };
  const reader = async (): Promise<void> => {
    for (let round = 0; round < 300; round++) seen.add((await db.selectFrom("t").select("n").execute()).length % 2);
  };
  await Promise.all([writer(), reader(), writer(), reader()]);
  assert.deepEqual([...seen], [0]);
});
