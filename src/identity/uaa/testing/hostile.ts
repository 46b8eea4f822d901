import fc from "fast-check";
import type { Call } from "./world.ts";

// Requests as nobody should send them, each made from one that works: what is wrong in it is one thing or two, so that the rest gets
// past the first check.

const TEXTS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "'; DROP TABLE users; --",
  '" or 1=1 --',
  "%' UNION SELECT * FROM clients --",
  "../../../../etc/passwd",
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
  "__proto__",
  "constructor",
  "toString",
  "NaN",
  "1e999",
  "-1",
  "99999999999999999999",
  "null",
  "[]",
  "{}",
  '{"origin":{}}',
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
  "javascript:alert(1)",
  "//evil.example",
  "http://169.254.169.254/latest/meta-data",
  "2026-01-01T00:00:00Z",
  "9999-99-99T99:99:99Z",
  'userName eq "x" and (',
  'id pr or id co "',
  "a.b.c",
  "e30.e30.e30",
  "eyJhbGciOiJub25lIn0.e30.",
] as const;
const NUMBERS = [0, -1, 1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324] as const;

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: "binary", maxLength: 40 }),
);

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
);

const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: leaf },
  { weight: 1, arbitrary: fc.constantFrom<unknown>([], {}, [[]], [null], [{}], { value: {} }, { value: null }) },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.dictionary(hostileText, leaf, { maxKeys: 4 }) },
  { weight: 1, arbitrary: fc.nat({ max: 400 }).map(nested) },
);

function nested(depth: number): unknown {
  let value: unknown = "x";
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Fields that some handler reads, to be added where they do not belong. */
const FIELDS = [
  "id",
  "userName",
  "emails",
  "members",
  "meta",
  "groups",
  "client_id",
  "scope",
  "authorities",
  "redirect_uri",
  "autoapprove",
  "jwks",
  "jwks_uri",
  "config",
  "type",
  "version",
  "grant_type",
  "code",
  "code_verifier",
  "refresh_token",
  "assertion",
  "client_assertion",
  "token_format",
  "login_hint",
  "prompt",
  "max_age",
  "state",
  "filter",
  "sortBy",
  "sortOrder",
  "startIndex",
  "count",
  "attributes",
  "X-Uaa-Csrf",
  "form_redirect_uri",
] as const;

export interface Change {
  /** The `at`-th value of the part that is changed, modulo their number. */
  readonly at: number;
  readonly what: "replace" | "remove" | "add";
  readonly name: string;
  readonly value: unknown;
}

export interface Spoiling {
  readonly part: "body" | "query" | "path" | "raw" | "header";
  readonly change: Change;
  readonly raw: string;
  readonly contentType: string | null;
}

const anyChange: fc.Arbitrary<Change> = fc.record({
  at: fc.nat({ max: 60 }),
  what: fc.constantFrom("replace", "replace", "replace", "remove", "add"),
  name: fc.oneof(fc.constantFrom(...FIELDS), hostileText),
  value: hostileValue,
});

const rawBody: fc.Arbitrary<string> = fc.oneof(
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
  fc.constantFrom(
    "a=b&a=c",
    "%=%",
    "&&&",
    "a[]=1&a[b]=2",
    "grant_type=password&grant_type=refresh_token",
    "=".repeat(5_000),
  ),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.nat({ max: 20_000 }).map((depth) => "[".repeat(depth)),
);

const CONTENT_TYPES = [
  null,
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
  "application/xml",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  "x",
] as const;

export const anySpoiling: fc.Arbitrary<Spoiling> = fc.record({
  part: fc.constantFrom("body", "body", "body", "query", "query", "path", "raw", "header"),
  change: anyChange,
  raw: rawBody,
  contentType: fc.constantFrom(...CONTENT_TYPES),
});

/** The call with one thing wrong in it. */
export function spoiled(call: Call, { part, change, raw, contentType }: Spoiling): Call {
  switch (part) {
    case "body":
      if (call.form !== undefined) return { ...call, form: asTexts(applied(call.form, change)) };
      if (call.text !== undefined) return { ...call, text: textOf(change.value) };
      return { ...call, json: applied(call.json ?? {}, change) ?? null };
    case "query":
      return { ...call, query: asTexts(applied(call.query ?? {}, change)) };
    case "path": {
      const names = Object.keys(call.params ?? {});
      const name = names[change.at % Math.max(1, names.length)];
      const text = (typeof change.value === "string" ? change.value : change.name).toWellFormed().slice(0, 1_500);
      return name === undefined || text === "" ? call : { ...call, params: { ...call.params, [name]: text } };
    }
    case "raw": {
      const { json: _, form: __, ...rest } = call;
      const headers = { ...call.headers, ...(contentType === null ? {} : { "content-type": contentType }) };
      return { ...rest, text: raw.toWellFormed(), headers };
    }
    case "header":
      return { ...call, headers: { ...call.headers, ...headersOf(change) } };
  }
}

/** Headers that some handler reads. */
function headersOf({ at, value }: Change): Record<string, string> {
  const names = [
    "if-match",
    "if-none-match",
    "accept",
    "origin",
    "cookie",
    "x-identity-zone-id",
    "x-identity-zone-subdomain",
    "x-csrf-token",
    "x-forwarded-proto",
    "x-requested-with",
  ] as const;
  const name = names[at % names.length]!;
  const text = textOf(value)
    .replaceAll(/[^ -~]/g, "?")
    .slice(0, 2_000);
  return { [name]: name === "cookie" ? `JSESSIONID=${text}; X-Uaa-Csrf=${text}` : text };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function asTexts(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return { x: textOf(value) };
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.toWellFormed().slice(0, 1_000),
      textOf(item).toWellFormed().slice(0, 6_000),
    ]),
  );
}

function applied(body: unknown, change: Change): unknown {
  const holder = { body: structuredClone(body) } as Record<string, unknown>;
  const places: { container: Record<string, unknown>; name: string }[] = [];
  const visit = (container: Record<string, unknown>, name: string): void => {
    places.push({ container, name });
    const value = container[name];
    if (typeof value === "object" && value !== null && places.length < 500) {
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
    Object.defineProperty(value, change.name, descriptor);
  } else container[name] = change.value;
  return holder["body"];
}
