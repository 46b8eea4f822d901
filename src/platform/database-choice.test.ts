import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keepDatabaseChoice } from "./database-choice.ts";
import { DatabaseUrl } from "./database-url.ts";
import { UsageError } from "./usage-error.ts";

const database = DatabaseUrl.parse("postgres://ingot@db.example/ingot");

test("a state folder stays with the kind of database that it began with", () => {
  const data = mkdtempSync(join(tmpdir(), "ingot-choice-"));
  try {
    keepDatabaseChoice({ database: null }, { data });
    keepDatabaseChoice({ database }, { data }); // nothing is kept yet: the choice is free
    keepDatabaseChoice({ database }, { data });
    assert.throws(() => keepDatabaseChoice({ database: null }, { data }), UsageError);
  } finally {
    rmSync(data, { recursive: true });
  }
});

test("rows in SQLite are not forgotten for an empty PostgreSQL", () => {
  const data = mkdtempSync(join(tmpdir(), "ingot-choice-"));
  try {
    writeFileSync(join(data, "cloud-controller.sqlite"), "");
    assert.throws(() => keepDatabaseChoice({ database }, { data }), /leave --database out/);
    keepDatabaseChoice({ database: null }, { data });
  } finally {
    rmSync(data, { recursive: true });
  }
});
