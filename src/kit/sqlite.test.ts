import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type Migration, NewerSchemaError, SqlBindError, Sqlite } from "./sqlite.ts";

const FIRST: Migration = { version: 1, sql: "CREATE TABLE pets (name TEXT PRIMARY KEY) STRICT" };
const SECOND: Migration = { version: 2, sql: "ALTER TABLE pets ADD COLUMN legs INTEGER NOT NULL DEFAULT 4" };
const BROKEN: Migration = { version: 2, sql: "UPDATE pets SET name = upper(name); SELECT * FROM nowhere" };

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ingot-sqlite-"));
  path = join(folder, "pets.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function backups(): string[] {
  return readdirSync(folder).filter((name) => name.includes("backup"));
}

function fileWithOnePet(): void {
  using file = new Sqlite(path);
  file.migrate([FIRST]);
  file.prepare("INSERT INTO pets (name) VALUES (?)").run("rex");
}

test("a new file is not backed up: it holds nothing", () => {
  using file = new Sqlite(path);
  file.migrate([FIRST, SECOND]);
  assert.deepEqual(backups(), []);
});

test("a file that is up to date is not backed up at each start", () => {
  fileWithOnePet();
  using file = new Sqlite(path);
  file.migrate([FIRST]);
  assert.deepEqual(backups(), []);
});

test("before a schema changes, the file as it was is kept, and an older program can go on with it", () => {
  fileWithOnePet();
  {
    using file = new Sqlite(path);
    file.migrate([FIRST, SECOND]);
    assert.deepEqual({ ...file.prepare("SELECT * FROM pets").get() }, { name: "rex", legs: 4 });
  }
  const [name, ...more] = backups();
  assert.deepEqual([name, more], ["pets.sqlite.schema-1.backup", []]);
  const backup = join(folder, name!);
  assert.equal(statSync(backup).mode & 0o777, 0o600);
  using old = new Sqlite(backup);
  old.migrate([FIRST]);
  assert.deepEqual({ ...old.prepare("SELECT * FROM pets").get() }, { name: "rex" });
});

test("a migration that fails changes nothing, can be tried again, and the backup is there", () => {
  fileWithOnePet();
  for (let attempt = 1; attempt <= 2; attempt++) {
    using file = new Sqlite(path);
    assert.throws(() => file.migrate([FIRST, BROKEN]), /nowhere/);
    assert.deepEqual({ ...file.prepare("SELECT * FROM pets").get() }, { name: "rex" });
  }
  assert.deepEqual(backups(), ["pets.sqlite.schema-1.backup"]);
});

test("a file of a newer program is refused untouched", () => {
  {
    using file = new Sqlite(path);
    file.migrate([FIRST, SECOND]);
  }
  using file = new Sqlite(path);
  assert.throws(() => file.migrate([FIRST]), NewerSchemaError);
  assert.deepEqual(backups(), []);
});

test("values that SQLite would take silently as something else are refused", () => {
  using file = new Sqlite(path);
  file.migrate([FIRST]);
  const insert = file.prepare("INSERT INTO pets (name) VALUES (?)");
  for (const value of [undefined, true, new Date(0), {}]) {
    assert.throws(() => insert.run(value as unknown as string), SqlBindError);
  }
});

test("what was committed before durable() resolved is read by another connection", async () => {
  using file = new Sqlite(path);
  file.migrate([FIRST]);
  file.transaction(() => file.prepare("INSERT INTO pets (name) VALUES (?)").run("rex"));
  await Promise.all([file.durable(), file.durable()]);
  using other = new Sqlite(path);
  assert.equal(other.prepare("SELECT count(*) AS n FROM pets").get()?.["n"], 1);
});
