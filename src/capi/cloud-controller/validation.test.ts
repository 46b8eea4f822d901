import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { CcError } from "./errors.ts";
import {
  check,
  full,
  humanize,
  metadata,
  own,
  parseBody,
  relationships,
  toMany,
  toOne,
  toOneRequired,
  whole,
} from "./validation.ts";

const BODY = z.strictObject({
  name: z.string().min(1).max(5),
  enabled: z.boolean().nullish(),
  count: z.int().min(0).max(10).optional(),
  health_check: z.strictObject({ type: z.string() }).optional(),
  metadata: metadata(),
});

function texts(schema: z.ZodType, body: unknown): string {
  try {
    parseBody(schema, body);
  } catch (error) {
    assert.ok(error instanceof CcError);
    assert.equal(error.code, 10008);
    return error.message;
  }
  return "accepted";
}

for (const [body, text] of [
  [{ name: "abc" }, "accepted"],
  [{}, "Name can't be blank"],
  [{ name: 5 }, "Name must be a string"],
  [{ name: null }, "Name must be a string"],
  [{ name: "" }, "Name is too short (minimum is 1 character)"],
  [{ name: "abcdef" }, "Name is too long (maximum is 5 characters)"],
  [{ name: "a", enabled: "yes" }, "Enabled must be a boolean"],
  [{ name: "a", count: 1.5 }, "Count must be an integer"],
  [{ name: "a", count: "1" }, "Count is not a number"],
  [{ name: "a", count: -1 }, "Count must be greater than or equal to 0"],
  [{ name: "a", count: 11 }, "Count must be less than or equal to 10"],
  [{ name: "a", x: 1, y: 2 }, "Unknown field(s): 'x', 'y'"],
  [{ x: 1 }, "Unknown field(s): 'x', Name can't be blank"],
  [{ name: "a", health_check: { type: "a", z: 1 } }, "Health check Unknown field(s): 'z'"],
  [{ name: "a", health_check: [] }, "Health check must be an object"],
  [[], "must be an object"],
  [{ name: "a", metadata: [] }, "Metadata must be an object"],
  [{ name: "a", metadata: { foo: 1 } }, "Metadata has unexpected field(s): 'foo'"],
  [{ name: "a", metadata: { labels: [] } }, "Metadata 'labels' is not an object"],
  [
    { name: "a", metadata: { labels: { "a b": "c d" } } },
    "Metadata label key error: 'a b' contains invalid characters, Metadata label value error: 'c d' contains invalid characters",
  ],
  [
    { name: "a", metadata: { annotations: { "a b": "x" } } },
    "Metadata annotation key error: 'a b' contains invalid characters",
  ],
  [
    { name: "a", metadata: { annotations: { a: "x".repeat(5001) } } },
    "Metadata annotation value error: 'xxxxxxxx...' is greater than 5000 characters",
  ],
  [{ name: "a", metadata: { labels: { a: "" }, annotations: { b: null } } }, "accepted"],
] as const) {
  test(`${JSON.stringify(body).slice(0, 70)}: ${text.slice(0, 60)}`, () => assert.equal(texts(BODY, body), text));
}

test("metadata gives texts, and null for keys to delete", () => {
  const { metadata: change } = parseBody(BODY, { name: "a", metadata: { labels: { a: "1", b: null, c: 3 } } });
  assert.deepEqual(change, { labels: { a: "1", b: null, c: "3" } });
});

const SPACE = z.strictObject({ relationships: relationships({ space: toOneRequired("space") }) });
const STRUCTURE = 'must be structured like this: "space: {"data": {"guid": "valid-guid"}}"';

for (const [body, text] of [
  [{ relationships: { space: { data: { guid: "g" } } } }, "accepted"],
  [{}, "Relationships 'relationships' is not an object"],
  [{ relationships: 5 }, "Relationships 'relationships' is not an object"],
  [{ relationships: { space: { guid: "g" } } }, `Relationships Space ${STRUCTURE}`],
  [{ relationships: { space: { data: null } } }, `Relationships Space ${STRUCTURE}`],
  [
    { relationships: { space: { data: { guid: 5 } } } },
    "Space guid must be a string, Space guid must be between 1 and 200 characters",
  ],
  [
    { relationships: { other: {} } },
    `Relationships Unknown field(s): 'other', Relationships Space can't be blank, Relationships Space ${STRUCTURE}`,
  ],
] as const) {
  test(`relationship ${JSON.stringify(body)}`, () => assert.equal(texts(SPACE, body), text));
}

test("relationships to one and to many give guids", () => {
  const schema = z.strictObject({ one: toOne("one"), many: toMany("many") });
  const body = { one: { data: null }, many: { data: [{ guid: "a" }, { guid: "b" }] } };
  assert.deepEqual(parseBody(schema, body), { one: null, many: ["a", "b"] });
});

test("whole numbers may be given as text, as Rails has it", () => {
  const schema = z.strictObject({
    size: whole((number) => number.gt(0, { error: own("must be greater than 0") })).nullish(),
  });
  for (const [given, read] of [
    ["64", 64],
    ["+64", 64],
    [64, 64],
    [null, null],
    ["1e2", 100],
  ] as const) {
    assert.deepEqual(parseBody(schema, { size: given }), { size: read });
  }
  assert.deepEqual(parseBody(schema, {}), {});
  for (const [given, text] of [
    ["", "is not a number"],
    ["0x10", "is not a number"],
    [" 64", "is not a number"],
    [["64"], "is not a number"],
    [true, "is not a number"],
    ["1.5", "must be an integer"],
    ["-1", "must be greater than 0"],
  ] as const) {
    assert.equal(texts(schema, { size: given }), `Size ${text}`);
  }
});

test("own checks follow the attribute, full ones stand alone", () => {
  const schema = z.strictObject({ app_port: z.number().superRefine(check(() => ["is odd", full("All is lost")])) });
  assert.equal(texts(schema, { app_port: 1 }), "App port is odd, All is lost");
});

test("attributes are humanized as Rails does", () => {
  assert.deepEqual(["health_check_type", "guid", "app_id"].map(humanize), ["Health check type", "Guid", "App"]);
});
