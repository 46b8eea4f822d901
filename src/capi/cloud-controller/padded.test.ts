import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { padded } from "./padded.ts";

test("property: a padded list holds the same values, and its length is a power of two", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (values) => {
      const all = padded(values);
      assert.deepEqual(new Set(all), new Set(values));
      assert.deepEqual(all.slice(0, values.length), values);
      assert.ok(values.length === 0 ? all.length === 0 : Number.isInteger(Math.log2(all.length)));
    }),
  );
});
