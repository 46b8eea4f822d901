import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText } from "./go-json.ts";

test("names of objects come in the order of their letters at every depth; lists keep theirs", () => {
  const text = jsonText({ z: [2, { b: 1, a: "<&>" }], a: null });
  assert.equal(text, '{\n  "a": null,\n  "z": [\n    2,\n    {\n      "a": "<&>",\n      "b": 1\n    }\n  ]\n}');
});
