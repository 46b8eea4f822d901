import assert from "node:assert/strict";
import { test } from "node:test";
import { conflictText, parseSource, SOURCE, sourceText } from "./source.ts";

const APP = "cf:app:11111111-2222-3333-4444-555555555555";
const SPACE = "cf:space:11111111-2222-3333-4444-555555555555";

test("a source is an app, a space, an organization or anybody", () => {
  for (const source of [APP, SPACE, "cf:any"]) {
    assert.match(source, SOURCE);
    assert.equal(sourceText(parseSource(source)), source);
  }
  for (const source of ["", "cf:app:x", "cf:user:11111111-2222-3333-4444-555555555555", `${APP}\n`, "cf:any:"]) {
    assert.doesNotMatch(source, SOURCE);
  }
});

test("anybody stands alone, and nobody twice", () => {
  const [app, space, any] = [APP, SPACE, "cf:any"].map(parseSource);
  assert.equal(conflictText(space!, [app!]), null);
  assert.equal(conflictText(any!, []), null);
  assert.match(conflictText(any!, [app!])!, /'cf:any' cannot coexist with other/);
  assert.match(conflictText(app!, [any!])!, /existing 'cf:any' policy/);
  assert.match(conflictText(app!, [app!, space!])!, /already exists/);
});
