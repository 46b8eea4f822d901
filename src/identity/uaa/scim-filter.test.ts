import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openDatabase } from "../../kit/database.ts";
import { TestDatabase } from "../../kit/testing/test-database.ts";
import { MIGRATIONS, type UaaTables, type UserRow } from "./schema.ts";
import { parseScimFilter, type ScimFilter, ScimFilterError, type ScimOperator } from "./scim-filter.ts";
import { USER_COLUMNS, UserStore } from "./store-users.ts";

test("and binds closer than or, parentheses closest, words compare without case", () => {
  const filter = parseScimFilter('userName EQ "a" Or (active eq true OR origin pr) aND version gt 2');
  assert.deepEqual(filter, {
    kind: "or",
    left: { kind: "compare", attribute: "username", operator: "eq", value: "a" },
    right: {
      kind: "and",
      left: {
        kind: "or",
        left: { kind: "compare", attribute: "active", operator: "eq", value: true },
        right: { kind: "present", attribute: "origin" },
      },
      right: { kind: "compare", attribute: "version", operator: "gt", value: 2 },
    },
  });
});

test("a value may hold quotes, parentheses and keywords", () => {
  const filter = parseScimFilter('userName eq "a\\" and (b) or"');
  assert.deepEqual(filter, { kind: "compare", attribute: "username", operator: "eq", value: 'a" and (b) or' });
});

test("what is no filter is refused", () => {
  const bad = [
    "",
    " ",
    "a",
    "a eq",
    'a eq "b',
    "a eq b",
    '(a eq "b"',
    'a eq "b")',
    'a xx "b"',
    "a pr and",
    '"a" eq "b"',
  ];
  for (const text of [...bad, `${"(".repeat(60)}a pr${")".repeat(60)}`]) {
    assert.throws(() => parseScimFilter(text), ScimFilterError, text);
  }
});

test("an attribute that users do not have is refused, and a value is never part of the SQL", async () => {
  await using place = new TestDatabase();
  await using database = await openDatabase<UaaTables>(place.location, MIGRATIONS);
  const users = new UserStore(database.db);
  const page = { offset: 0, limit: 10, sortBy: "created", ascending: true };
  await assert.rejects(users.query(parseScimFilter('password_hash sw "a"'), page), ScimFilterError);
  const found = await users.query(parseScimFilter(`userName eq "x' OR '1'='1"`), page);
  assert.equal(found.total, 0);
});

const TEXTS = ["userName", "origin", "name.givenName", "emails.value"] as const;
const someText = fc.constantFrom("a", "A", "ab", "B", "b%", "a_b", 'q"uote', "");
const leaf: fc.Arbitrary<ScimFilter> = fc.oneof(
  fc.record({
    kind: fc.constant("present" as const),
    attribute: fc.constantFrom(...TEXTS).map((name) => name.toLowerCase()),
  }),
  fc.record({
    kind: fc.constant("compare" as const),
    attribute: fc.constantFrom(...TEXTS).map((name) => name.toLowerCase()),
    operator: fc.constantFrom<ScimOperator>("eq", "co", "sw", "gt", "ge", "lt", "le"),
    value: someText,
  }),
  fc.record({
    kind: fc.constant("compare" as const),
    attribute: fc.constant("active"),
    operator: fc.constant<ScimOperator>("eq"),
    value: fc.boolean(),
  }),
);
const { anyFilter } = fc.letrec<{ anyFilter: ScimFilter }>((tie) => ({
  anyFilter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.record({ kind: fc.constant("and" as const), left: tie("anyFilter"), right: tie("anyFilter") }),
    fc.record({ kind: fc.constant("or" as const), left: tie("anyFilter"), right: tie("anyFilter") }),
  ),
}));

function textOf(filter: ScimFilter): string {
  if (filter.kind === "and" || filter.kind === "or")
    return `(${textOf(filter.left)} ${filter.kind} ${textOf(filter.right)})`;
  if (filter.kind === "present") return `${filter.attribute} pr`;
  return `${filter.attribute} ${filter.operator} ${JSON.stringify(filter.value)}`;
}

test("property: reading the text of a filter gives the filter back", () => {
  fc.assert(fc.property(anyFilter, (filter) => assert.equal(textOf(parseScimFilter(textOf(filter))), textOf(filter))));
});

/** The meaning of a filter in a few lines, as the oracle of the SQL. */
function fits(filter: ScimFilter, row: UserRow): boolean {
  if (filter.kind === "and") return fits(filter.left, row) && fits(filter.right, row);
  if (filter.kind === "or") return fits(filter.left, row) || fits(filter.right, row);
  const value = row[USER_COLUMNS.get(filter.attribute)!.column as keyof UserRow];
  if (filter.kind === "present") return value !== null;
  if (value === null) return false;
  if (typeof filter.value === "boolean") return (value === 1) === filter.value;
  const has = String(value).toLowerCase();
  const wanted = String(filter.value).toLowerCase();
  const order = Buffer.compare(Buffer.from(has), Buffer.from(wanted));
  const answers: Record<ScimOperator, boolean> = {
    eq: order === 0,
    co: has.includes(wanted),
    sw: has.startsWith(wanted),
    gt: order > 0,
    ge: order >= 0,
    lt: order < 0,
    le: order <= 0,
  };
  return answers[filter.operator];
}

const anyRow = fc.record({
  user_name: someText,
  origin: someText,
  given_name: fc.option(someText),
  email: someText,
  active: fc.nat(1),
});

test("property: the database finds exactly the users that fit", async () => {
  await using place = new TestDatabase();
  await using database = await openDatabase<UaaTables>(place.location, MIGRATIONS);
  const { db } = database;
  const users = new UserStore(db);
  await fc.assert(
    fc.asyncProperty(anyFilter, fc.array(anyRow, { maxLength: 6 }), async (filter, rows) => {
      await db.deleteFrom("users").execute();
      const stored: UserRow[] = rows.map((row, index) => ({
        ...row,
        id: `id-${index}`,
        user_name_lower: `unique-${index}`,
        family_name: null,
        phone_number: null,
        external_id: null,
        password_hash: null,
        verified: 1,
        version: 0,
        created_ms: index,
        last_modified_ms: 0,
        password_changed_ms: 0,
        last_logon_ms: null,
        previous_logon_ms: null,
        password_change_required: 0,
        token_salt: "",
        info: null,
      }));
      if (stored.length > 0) await db.insertInto("users").values(stored).execute();
      const found = await users.query(filter, { offset: 0, limit: 100, sortBy: "created", ascending: true });
      const wanted = stored.filter((row) => fits(filter, row)).map((row) => row.id);
      assert.deepEqual(
        found.items.map((user) => user.id),
        wanted,
      );
    }),
  );
});
