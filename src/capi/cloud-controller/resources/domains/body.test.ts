import assert from "node:assert/strict";
import { test } from "node:test";
import { domainNameTexts } from "./body.ts";
import { intermediateDomains } from "./overlap.ts";

for (const [name, texts] of [
  ["example.com", []],
  ["a.b-c.example.com", []],
  [undefined, ["can't be blank"]],
  [5, ["must be a string"]],
  [
    "x",
    [
      "is too short (minimum is 3 characters)",
      "does not comply with RFC 1035 standards",
      'must contain at least one "."',
    ],
  ],
  [
    "no_underscore.com",
    ["does not comply with RFC 1035 standards", "must consist of alphanumeric characters and hyphens"],
  ],
  ["-a.com", ["does not comply with RFC 1035 standards"]],
  [
    `${"a".repeat(64)}.com`,
    ["does not comply with RFC 1035 standards", "subdomains must each be at most 63 characters"],
  ],
  [
    "a'; DROP TABLE x.com",
    ["does not comply with RFC 1035 standards", "must consist of alphanumeric characters and hyphens"],
  ],
] as const) {
  test(`domain name ${String(name).slice(0, 24)}`, () => assert.deepEqual(domainNameTexts(name), texts));
}

test("a domain lies below its parents", () => {
  assert.deepEqual(intermediateDomains("a.b.example.com"), ["example.com", "b.example.com", "a.b.example.com"]);
});
