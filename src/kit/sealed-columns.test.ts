import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Kysely, sql } from "kysely";
import { openDatabase } from "./database.ts";
import { systemSecrets } from "./random-system.ts";
import { Seal } from "./seal.ts";
import { SealedColumns } from "./sealed-columns.ts";

interface Tables {
  things: { id: number; name: string; secret: string | null; other: string };
}

let folder: string;
let plain: Kysely<Tables>;
let sealing: Kysely<Tables>;
const seal = new Seal({ current: "b", keys: { a: "old", b: "new" } }, systemSecrets());
const older = new Seal({ current: "a", keys: { a: "old" } }, systemSecrets());

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "ingot-sealed-"));
  const create = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, secret TEXT, other TEXT) STRICT;";
  const database = await openDatabase<Tables>({ path: join(folder, "x.sqlite") }, [{ version: 1, sql: create }]);
  plain = database.db;
  sealing = plain.withPlugin(new SealedColumns({ things: ["secret"] }, seal));
});
after(async () => {
  await plain.destroy();
  await rm(folder, { recursive: true, force: true });
});

const stored = async (id: number) =>
  (await plain.selectFrom("things").where("id", "=", id).select("secret").executeTakeFirstOrThrow()).secret;
const read = async (id: number) =>
  (await sealing.selectFrom("things").where("id", "=", id).select("secret as s").executeTakeFirstOrThrow()).s;

test("what is written into a sealed column lies sealed and reads as it was", async () => {
  const rows = [
    { id: 1, name: "n", secret: '{"password":"ü"}', other: "o" },
    { id: 2, name: "n", secret: null, other: "o" },
    { id: 3, name: "n", secret: "{}", other: "o" },
  ];
  const returned = await sealing.insertInto("things").values(rows).returningAll().execute();
  assert.deepEqual(
    returned.map((row) => ({ ...row })),
    rows,
  );
  assert.match((await stored(1)) ?? "", /^sealed:b:[\w-]+$/);
  assert.deepEqual([await stored(2), await stored(3)], [null, "{}"]);
  await sealing.updateTable("things").set({ secret: "later", name: "m" }).where("id", "=", 1).execute();
  assert.match((await stored(1)) ?? "", /^sealed:b:/);
  assert.equal(await read(1), "later");
  await sealing.transaction().execute(async (trx) => {
    await trx.insertInto("things").values({ id: 4, name: "n", secret: "inside", other: sql`'x'` }).execute();
    await trx
      .insertInto("things")
      .values({ id: 4, name: "n", secret: "x", other: "o" })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ secret: "upserted" }))
      .execute();
  });
  assert.match((await stored(4)) ?? "", /^sealed:b:/);
  assert.equal(await read(4), "upserted");
});

test("what an older key sealed is read, and what only looks sealed stays as it is", async () => {
  await plain
    .insertInto("things")
    .values({ id: 5, name: "n", secret: older.seal("old text"), other: "o" })
    .execute();
  assert.equal(await read(5), "old text");
  for (const text of ["sealed:", "sealed:b", "sealed:b:", "sealed:zz:AAAA", `${seal.seal("x")}A`, "sealed:b:%%"]) {
    assert.equal(seal.unseal(text), text);
  }
  assert.notEqual(seal.seal("x"), seal.seal("x"));
  assert.equal(older.unseal(seal.seal("x")).startsWith("sealed:b:"), true);
});
