import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { movedTo } from "./order.ts";

test("a buildpack moves to the wanted place, at most to the end", () => {
  assert.deepEqual(movedTo(["a", "b", "c"], "c", 1), ["c", "a", "b"]);
  assert.deepEqual(movedTo(["a", "b", "c"], "a", 99), ["b", "c", "a"]);
  assert.deepEqual(movedTo(["a", "b"], "new", 2), ["a", "new", "b"]);
});

test("property: nobody is lost and the others keep their order", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }),
      fc.nat(),
      fc.nat(20),
      (order, n, position) => {
        const guid = order[n % order.length]!;
        const moved = movedTo(order, guid, position);
        assert.deepEqual(moved.toSorted(), order.toSorted());
        assert.deepEqual(
          moved.filter((other) => other !== guid),
          order.filter((other) => other !== guid),
        );
      },
    ),
  );
});
