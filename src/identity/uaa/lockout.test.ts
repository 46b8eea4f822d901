import assert from "node:assert/strict";
import { test } from "node:test";
import { isLockedOut } from "./lockout.ts";

const NOW = 10_000_000;

test("four failures lock nothing", () => {
  assert.equal(isLockedOut([NOW, NOW - 1, NOW - 2, NOW - 3], NOW), false);
});

test("the fifth failure locks for five minutes, counted from the last one", () => {
  const failures = [NOW - 4, NOW - 3, NOW - 2, NOW - 1, NOW];
  assert.equal(isLockedOut(failures, NOW + 299_999), true);
  assert.equal(isLockedOut(failures, NOW + 300_000), false);
});

test("failures older than twenty minutes do not count", () => {
  assert.equal(isLockedOut([NOW - 1_200_000, NOW - 3, NOW - 2, NOW - 1, NOW], NOW), false);
});
