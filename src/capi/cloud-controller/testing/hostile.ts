import fc from "fast-check";

// Requests as nobody should send them: what is wrong in them is one thing, so that the rest gets past the first check.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const TEXTS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "'; DROP TABLE apps; --",
  '" OR 1=1 --',
  "%' UNION SELECT * FROM users --",
  "../../../../etc/passwd",
  "/etc/passwd\u0000.png",
  "..%2f..%2f",
  "%",
  "%00",
  "%ff",
  "\ud800",
  "\u202e\u200b",
  "𝕳\u0301\u0301é",
  "İı",
  "<script>alert(1)</script>",
  "${7*7}",
  "{{7*7}}",
  "__proto__",
  "constructor",
  "NaN",
  "1e999",
  "-1",
  "0x10",
  "null",
  "[]",
  "a\r\nset-cookie: x=1",
  "x".repeat(300),
  "x".repeat(5000),
  "ü".repeat(70_000),
  "(".repeat(2000),
  "a,".repeat(3000),
  "*",
  "http://[::1",
  "file:///etc/passwd",
  "2026-01-01T00:00:00Z",
  "9999-99-99T99:99:99Z",
] as const;

const NUMBERS = [0, -1, 1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324] as const;

const hostileText = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: "binary", maxLength: 40 }));

const leaf: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
);

/** Any value, mostly a flat one of a wrong type. */
export const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: leaf },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Json>([], {}, [[]], [null], [{}], { guid: {} }, { data: [] }, { data: null }),
  },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.dictionary(hostileText, leaf, { maxKeys: 4 }) as fc.Arbitrary<Json> },
  { weight: 1, arbitrary: fc.nat({ max: 400 }).map(nested) },
);

function nested(depth: number): Json {
  let value: Json = "x";
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { a: value };
  return value;
}

/** One change of a body: at the `at`-th of its values (modulo their number), or a field more in one of its objects. */
export interface Change {
  readonly at: number;
  readonly what: "replace" | "remove" | "add";
  readonly name: string;
  readonly value: Json;
}

export const hostileChange: fc.Arbitrary<Change> = fc.record({
  at: fc.nat({ max: 60 }),
  what: fc.constantFrom("replace", "replace", "replace", "remove", "add"),
  name: fc.oneof(fc.constantFrom("guid", "name", "metadata", "relationships", "data", "state", "type"), hostileText),
  value: hostileValue,
});

/** The body with the changes made, one after the other. */
export function changed(body: unknown, changes: readonly Change[]): Json {
  let result = structuredClone(body ?? {}) as Json;
  for (const change of changes) result = applied(result, { ...change, value: structuredClone(change.value) });
  return result;
}

function applied(body: Json, change: Change): Json {
  const holder = { body } as { body: Json };
  const places: { container: Record<string, Json>; name: string }[] = [];
  const visit = (container: Record<string, Json>, name: string): void => {
    places.push({ container, name });
    const value = container[name];
    if (typeof value === "object" && value !== null && places.length < 1000) {
      for (const inner of Object.keys(value)) visit(value as Record<string, Json>, inner);
    }
  };
  visit(holder, "body");
  const { container, name } = places[change.at % places.length]!;
  const value = container[name];
  if (change.what === "replace") container[name] = change.value;
  else if (change.what === "remove") delete container[name];
  else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    Object.defineProperty(value, change.name, {
      value: change.value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else container[name] = change.value;
  return holder.body ?? {};
}

/** Bodies that are no JSON object at all. */
export const hostileRaw: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "",
    "{",
    "[1",
    "null",
    '"x"',
    "123",
    "[]",
    "{}}",
    '{"a":1,"a":2}',
    '{"__proto__":{"x":1}}',
    "\ufeff{}",
  ),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.nat({ max: 20_000 }).map((depth) => "[".repeat(depth)),
  fc.constantFrom(
    "a: &a [*a]",
    "a: &x 1\nb: [*x,*x]",
    "applications: 7",
    "applications: [{name: [1]}]",
    "--- !!js/x {}\n",
  ),
);

const PARAMETERS = [
  "page",
  "per_page",
  "order_by",
  "names",
  "guids",
  "space_guids",
  "organization_guids",
  "app_guids",
  "states",
  "types",
  "type",
  "include",
  "embed",
  "fields[space]",
  "fields[service_plan.service_offering]",
  "label_selector",
  "created_ats",
  "created_ats[gt]",
  "updated_ats[lte]",
  "target_guids[not]",
  "after_guid",
  "ports",
  "versions",
  "sequence_ids",
  "hosts",
  "host",
  "path",
  "unmapped",
  "recursive",
  "purge",
  "source_guid",
  "default",
  "x[y][z]",
  "a[]",
] as const;

/** A query string, broken in one place or two. */
export const hostileQuery: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constant("") },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...PARAMETERS), hostileText), hostileText), {
        minLength: 1,
        maxLength: 2,
      })
      .map(
        (pairs) =>
          `?${pairs.map(([name, value]) => `${escaped(name).slice(0, 1000)}=${escaped(value).slice(0, 4000)}`).join("&")}`,
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("?%", "?%zz=%zz", "?=", "?&&&", "?a=%ff", "?page[a]=1&page=2", "?names=%00", "?[]=1"),
  },
);

/** A part of a path in place of a guid. */
export const hostilePart: fc.Arbitrary<string> = hostileText
  .map((text) => escaped(text).slice(0, 1500))
  .filter((part) => part !== "");

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
