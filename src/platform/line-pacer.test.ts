import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LinePacer } from "./line-pacer.ts";

test("so many lines a window pass, the others are counted, the next window is open again", () => {
  const pacer = new LinePacer(2, 1000);
  assert.deepEqual(
    [0, 1, 2, 999].map((nowMs) => pacer.admits(nowMs)),
    [true, true, false, false],
  );
  assert.equal(pacer.takeHeldBack(), 2);
  assert.equal(pacer.takeHeldBack(), 0);
  assert.ok(pacer.admits(1000));
});

test("property: every line is either shown or counted, and no window shows more than its share", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 200 }), (pauses) => {
      const pacer = new LinePacer(3, 1000);
      const shownAt: number[] = [];
      let nowMs = 0;
      for (const pause of pauses) {
        nowMs += pause;
        if (pacer.admits(nowMs)) shownAt.push(nowMs);
      }
      assert.equal(shownAt.length + pacer.takeHeldBack(), pauses.length);
      // Two neighbouring windows show six lines at most, so a seventh comes a whole window later.
      for (let at = 0; at + 6 < shownAt.length; at++) assert.ok(shownAt[at + 6]! - shownAt[at]! >= 1000);
    }),
  );
});
