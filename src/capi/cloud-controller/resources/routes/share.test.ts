import assert from "node:assert/strict";
import { test } from "node:test";
import { CcError } from "../../errors.ts";
import { TO_ONE_REQUIRED_BODY } from "../../relationship.ts";
import { parseBody } from "../../validation.ts";

for (const [body, text] of [
  [{ data: { guid: "g" } }, "g"],
  [{ data: { guid: null } }, null],
  [{ data: { guid: "" } }, "Data guid can't be blank"],
  [{ data: null }, "Data can't be blank, Data must be an object"],
  [{}, "Data can't be blank, Data must be an object"],
  [{ data: "g" }, "Data must be an object"],
  [{ data: { guid: 5 } }, "Data 5 must be a string"],
  [{ data: { id: "g" } }, "Data can only accept key 'guid'"],
  [{ data: { guid: "g", more: 1 } }, "Data can only accept one key"],
] as const) {
  test(`a route's new space given as ${JSON.stringify(body)}: ${text}`, () => {
    let outcome: string | null;
    try {
      outcome = parseBody(TO_ONE_REQUIRED_BODY, body);
    } catch (error) {
      assert.ok(error instanceof CcError);
      outcome = error.message;
    }
    assert.equal(outcome, text);
  });
}
