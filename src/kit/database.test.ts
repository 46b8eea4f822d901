import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Database, isUniqueViolation, openDatabase } from "./database.ts";
import { type Migration, NewerSchemaError } from "./sqlite.ts";
import { dropTestDatabase, TestDatabase, testDatabase } from "./testing/test-database.ts";

interface Tables {
  things: { id?: number; name: string; size: number | null };
}

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: "CREATE TABLE things (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE) STRICT;",
  },
  { version: 2, sql: "ALTER TABLE things ADD COLUMN size INTEGER" },
];

const names = async ({ db }: Database<Tables>): Promise<string[]> =>
  (await db.selectFrom("things").select("name").orderBy("id").execute()).map(({ name }) => name);
const add = async ({ db }: Database<Tables>, name: string): Promise<void> =>
  void (await db.insertInto("things").values({ name, size: null }).execute());

test("of many who open a new database at once each finds it whole, and each migration ran once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-database-"));
  const location = testDatabase(join(folder, "a.sqlite"));
  try {
    const opened = await Promise.all(Array.from({ length: 6 }, () => openDatabase<Tables>(location, MIGRATIONS)));
    for (const [number, database] of opened.entries()) await add(database, `thing ${number}`);
    assert.equal((await names(opened[0]!)).length, 6);
    for (const database of opened) await database[Symbol.asyncDispose]();
    await assert.rejects(openDatabase(location, MIGRATIONS.slice(0, 1)), NewerSchemaError);
    await using again = await openDatabase<Tables>(location, MIGRATIONS);
    assert.equal((await names(again)).length, 6, "it is there after all have closed it");
  } finally {
    await dropTestDatabase(location);
    await rm(folder, { recursive: true, force: true });
  }
});

test("a migration that fails leaves nothing behind", async () => {
  await using place = new TestDatabase();
  const broken = [...MIGRATIONS, { version: 3, sql: "CREATE TABLE others (id TEXT); SELECT nonsense FROM nowhere" }];
  await assert.rejects(openDatabase(place.location, broken));
  await using database = await openDatabase<Tables>(place.location, MIGRATIONS);
  assert.deepEqual(await names(database), []);
});

test("databases beside one another share nothing, and one is removed with all that is in it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-database-"));
  const location = testDatabase(join(folder, "main.sqlite"));
  try {
    await using main = await openDatabase<Tables>(location, MIGRATIONS);
    await add(main, "main");
    const strange = ["a", "A", "a-b", "a_b", "a".repeat(64)];
    for (const name of strange) {
      await using beside = await main.beside<Tables>(name, MIGRATIONS);
      await Promise.all([add(beside, name), names(main)]);
      assert.deepEqual(await names(beside), [name]);
    }
    await main.removeBeside("a");
    for (const name of strange) {
      await using beside = await main.beside<Tables>(name, MIGRATIONS);
      assert.deepEqual(await names(beside), name === "a" ? [] : [name]);
    }
    assert.deepEqual(await names(main), ["main"]);
  } finally {
    await dropTestDatabase(location);
    await rm(folder, { recursive: true, force: true });
  }
});

test("what a transaction has read still holds when it commits: of many that count first, none counts wrong", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-database-"));
  const location = testDatabase(join(folder, "a.sqlite"));
  try {
    await using one = await openDatabase<Tables>(location, MIGRATIONS);
    await using other = await openDatabase<Tables>(location, MIGRATIONS);
    const addWhileFewerThan3 = ({ db }: Database<Tables>, number: number): Promise<boolean> =>
      db.transaction().execute(async (trx) => {
        const { n } = await trx
          .selectFrom("things")
          .select((eb) => eb.fn.countAll<number>().as("n"))
          .executeTakeFirstOrThrow();
        if (n >= 3) return false;
        await trx
          .insertInto("things")
          .values({ name: `thing ${number}`, size: n })
          .execute();
        return true;
      });
    const added = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        addWhileFewerThan3(one.kind === "postgres" && number % 2 ? other : one, number),
      ),
    );
    assert.equal(added.filter(Boolean).length, 3);
  } finally {
    await dropTestDatabase(location);
    await rm(folder, { recursive: true, force: true });
  }
});

test("a second equal name is told by its column, whatever its case", async () => {
  await using place = new TestDatabase();
  await using database = await openDatabase<Tables>(place.location, MIGRATIONS);
  await add(database, "Name");
  await assert.rejects(add(database, "nAME"), (error) => {
    assert.equal(isUniqueViolation(error, "things.name"), true);
    assert.equal(isUniqueViolation(error, "things.size"), false);
    return true;
  });
});

test("nothing is in an empty list and everything outside of it, wherever in a statement it stands", async () => {
  await using place = new TestDatabase();
  await using database = await openDatabase<Tables>(place.location, MIGRATIONS);
  const { db } = database;
  for (const name of ["a", "b"]) await add(database, name);
  const select = db.selectFrom("things").select("name").orderBy("name");
  const found = async (query: typeof select): Promise<string[]> => (await query.execute()).map(({ name }) => name);
  const nobody = db.selectFrom("things").where("name", "in", []).select("id");
  assert.deepEqual(await found(select.where("name", "in", [])), []);
  assert.deepEqual(await found(select.where("name", "not in", [])), ["a", "b"]);
  assert.deepEqual(await found(select.where("id", "in", nobody)), []);
  assert.deepEqual(await found(select.where("id", "not in", nobody)), ["a", "b"]);
  assert.deepEqual(
    await found(
      select.where((eb) => eb.or([eb("id", "in", nobody), eb.and([eb("name", "=", "b"), eb("id", "not in", [])])])),
    ),
    ["b"],
  );
  await db
    .deleteFrom("things")
    .where("id", "in", nobody.where("name", "not in", []))
    .execute();
  await db.updateTable("things").set({ size: 1 }).where("id", "not in", nobody).execute();
  assert.deepEqual(await found(select.where("size", "=", 1)), ["a", "b"]);
});

test("a text with NUL is found nowhere and spoils nothing", async () => {
  await using place = new TestDatabase();
  await using database = await openDatabase<Tables>(place.location, MIGRATIONS);
  await add(database, "a");
  const found = await database.db.selectFrom("things").where("name", "=", "a\0").selectAll().execute();
  assert.deepEqual(found, []);
});
