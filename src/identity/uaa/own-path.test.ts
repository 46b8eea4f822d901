import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ownPath } from "./own-path.ts";

test("a path of ours stays, with its query; letters of any script are encoded", () => {
  assert.equal(ownPath("/oauth/authorize?client_id=app&state=a%20b"), "/oauth/authorize?client_id=app&state=a%20b");
  assert.equal(ownPath("/é\u2028"), "/%C3%A9%E2%80%A8");
  assert.equal(ownPath(undefined), "/");
});

test("what leads to another site, or into a header, leads home", () => {
  for (const wanted of [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/a\r\nset-cookie: a=b",
    "/\u0000",
    "javascript:alert(1)",
    "",
  ]) {
    assert.equal(ownPath(wanted), "/", JSON.stringify(wanted));
  }
});

test("property: the answer is a path of the same host that any header can carry", () => {
  const pieces = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "//",
    "evil.example",
    "@",
    ":",
    "\t",
    "\n",
    "?",
    "#",
    "%",
    "é",
    "\u2028",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(pieces).map((all) => `/${all.join("")}`),
  );
  fc.assert(
    fc.property(texts, (wanted) => {
      const path = ownPath(wanted);
      assert.match(path, /^\/(?!\/)[!-~]*$/);
      assert.equal(new URL(path, "https://uaa.cf.localhost").host, "uaa.cf.localhost");
      assert.equal(ownPath(path), path);
    }),
    { numRuns: 1_000 },
  );
});
