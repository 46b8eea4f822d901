import assert from "node:assert/strict";
import { test } from "node:test";
import { compatibilityTable, withTable } from "./table.ts";

const lines = [
  { system: "cc", name: "GET /b" },
  { system: "cc", name: "POST /a" },
  { system: "cc", name: "GET /a", test: "wide.test.ts" },
  { system: "cc", name: "GET /b", test: "wide.test.ts" },
  { system: "cc", name: "GET /b", test: "narrow.test.ts" },
];

test("each thing that is offered has a row, with the tests that ask for least first", () => {
  const { markdown, rows, missing } = compatibilityTable(lines);
  assert.equal(rows, 3);
  assert.deepEqual(missing, ["cc: POST /a"]);
  assert.match(
    markdown,
    /\| `GET \/a` \| `wide\.test\.ts` \|\n\| `POST \/a` \| no test \|\n\| `GET \/b` \| `narrow\.test\.ts` `wide\.test\.ts` \|/,
  );
});

test("the table takes the place of the former one and leaves the rest alone", () => {
  const first = withTable("# Title\n", "one");
  const second = withTable(`${first}\nafter\n`, "two");
  assert.ok(second.startsWith("# Title\n") && second.endsWith("after\n"));
  assert.ok(second.includes("two") && !second.includes("one"));
});
