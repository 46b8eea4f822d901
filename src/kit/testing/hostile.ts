import fc from "fast-check";

// What nobody should send, for requests that are right but for one thing or two: so the rest gets past the first check. A service
// adds texts, shapes and fields that mean something to it.

const TEXTS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  '" OR 1=1 --',
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
  "toString",
  "NaN",
  "1e999",
  "-1",
  "0x10",
  "99999999999999999999",
  "null",
  "[]",
  "{}",
  "a\r\nset-cookie: x=1",
  "x".repeat(300),
  "x".repeat(5_000),
  "ü".repeat(70_000),
  "(".repeat(2_000),
  "a,".repeat(3_000),
  "*",
  "**",
  "http://[::1",
  "file:///etc/passwd",
  "2026-01-01T00:00:00Z",
  "9999-99-99T99:99:99Z",
];

const NUMBERS: readonly number[] = [0, -1, 1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324];

/** Of no use as JSON, or no object. */
const RAW: readonly string[] = [
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
];

/** @param own texts that this service might trip over. */
export function hostileTextOf(own: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(fc.constantFrom(...TEXTS, ...own), fc.string({ unit: "binary", maxLength: 40 }));
}

/** Any value, mostly a flat one of a wrong type. @param shapes objects and lists that nearly are what this service reads. */
export function hostileValueOf(text: fc.Arbitrary<string>, shapes: readonly object[]): fc.Arbitrary<unknown> {
  const leaf: fc.Arbitrary<unknown> = fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
    { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
  );
  return fc.oneof(
    { weight: 6, arbitrary: leaf },
    { weight: 1, arbitrary: fc.constantFrom<unknown>([], {}, [[]], [null], [{}], ...shapes) },
    { weight: 1, arbitrary: fc.array(leaf, { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.dictionary(text, leaf, { maxKeys: 4 }) },
    { weight: 1, arbitrary: fc.nat({ max: 400 }).map(nested) },
  );
}

function nested(depth: number): unknown {
  let value: unknown = "x";
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Bodies that are no JSON object at all. @param own such bodies in other languages that this service reads. */
export function hostileRawOf(own: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...RAW),
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.nat({ max: 20_000 }).map((depth) => "[".repeat(depth)),
    fc.constantFrom(...own),
  );
}

/** One change of a body: at the `at`-th of its values (modulo their number), or a field more in one of its objects. */
export interface Change {
  readonly at: number;
  readonly what: "replace" | "remove" | "add";
  readonly name: string;
  readonly value: unknown;
}

/** @param fields names that some handler reads, to be added where they do not belong. */
export function hostileChangeOf(
  fields: readonly string[],
  text: fc.Arbitrary<string>,
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<Change> {
  return fc.record({
    at: fc.nat({ max: 60 }),
    what: fc.constantFrom("replace", "replace", "replace", "remove", "add"),
    name: fc.oneof(fc.constantFrom(...fields), text),
    value,
  });
}

/** A copy of the body with the change made; undefined when the body itself was removed. */
export function changed(body: unknown, change: Change): unknown {
  const holder: Record<string, unknown> = { body: structuredClone(body) };
  const places: { container: Record<string, unknown>; name: string }[] = [];
  const visit = (container: Record<string, unknown>, name: string): void => {
    places.push({ container, name });
    const value = container[name];
    if (typeof value === "object" && value !== null && places.length < 1_000) {
      for (const inner of Object.keys(value)) visit(value as Record<string, unknown>, inner);
    }
  };
  visit(holder, "body");
  const { container, name } = places[change.at % places.length]!;
  const value = container[name];
  if (change.what === "replace") container[name] = change.value;
  else if (change.what === "remove") delete container[name];
  else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const descriptor = { value: change.value, enumerable: true, configurable: true, writable: true };
    Object.defineProperty(value, change.name, descriptor); // `__proto__` is a field like any other here
  } else container[name] = change.value;
  return holder["body"];
}
