import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { imageBytes } from "./scratch-disk.ts";

test("the file is a little larger than what may be written: tables come on top", () => {
  for (const mb of [16, 100, 1024, 4096, 20_000]) {
    const limit = mb * 2 ** 20;
    assert.ok(imageBytes(limit) > limit, `${mb} MB`);
    assert.ok(imageBytes(limit) < limit * 1.06 + 2 ** 20, `${mb} MB`);
  }
});

test("a limit too small for any file system still makes one", () => {
  assert.ok(imageBytes(1) >= 2 ** 20);
});

test("property: a larger limit never makes a smaller file", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.nat(2 ** 20), (limit, more) => imageBytes(limit + more) >= imageBytes(limit)),
  );
});
