import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { DatabaseUrl } from "./database-url.ts";

test("however a database's URL is shown, its password is not there", () => {
  const text = "postgres://ann:hush@db.example:6432/ingot?sslmode=verify-full&sslpassword=hush";
  const url = DatabaseUrl.parse(text)!;
  assert.equal(url.reveal(), text);
  const shown = [String(url), JSON.stringify({ url }), inspect({ url }), `${url}`];
  for (const one of shown) {
    assert.ok(!one.includes("hush"), one);
    assert.match(one, /postgres:\/\/ann:\*\*\*@db\.example:6432\/ingot\?sslmode=verify-full/);
  }
});

test("what names no server or no database is none", () => {
  for (const text of [
    "",
    "x",
    "postgres://",
    "postgres://host",
    "postgres:///name",
    "mysql://host/name",
    "file:///x/y",
  ]) {
    assert.equal(DatabaseUrl.parse(text), null, text);
  }
  for (const text of ["postgresql://host/name", "postgres://u@%2Frun%2Fpostgresql/name"]) {
    assert.equal(DatabaseUrl.parse(text)?.reveal(), text);
  }
});
