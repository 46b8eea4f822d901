import assert from "node:assert/strict";
import { test } from "node:test";
import { sanitizeJson } from "./trace.ts";

test("tokens, passwords and secrets are hidden at any depth, and passwords inside addresses", () => {
  const shown = sanitizeJson(
    JSON.stringify({
      access_token: "aaa",
      list: [{ Password: "bbb", name: "dora" }],
      uri: "mysql://user:ccc@host/db",
      nested: { client_secret: { deep: "ddd" } },
    }),
  );
  for (const secret of ["aaa", "bbb", "ccc", "ddd"]) assert.ok(!shown.includes(secret), secret);
  assert.match(shown, /dora/);
});

test("what is not JSON is not shown", () => {
  assert.equal(sanitizeJson("<html>secret"), "[Content Hidden]");
});
