import assert from "node:assert/strict";
import { test } from "node:test";
import { answeredDomains } from "./answered-domains.ts";

test("shared domains are answered, an organization's own only where nobody else can own the name", () => {
  assert.deepEqual(
    answeredDomains("cf.localhost", [
      { name: "apps.cf.localhost", shared: true },
      { name: "Example.org", shared: true },
      { name: "github.com", shared: false },
      { name: "team.test", shared: false },
      { name: "mytest", shared: false },
    ]),
    ["cf.localhost", "apps.cf.localhost", "example.org", "team.test"],
  );
});
