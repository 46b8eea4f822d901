import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { waitPercentile, watchEventLoop } from "./event-loop-delay.ts";

function blockFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end); // the very thing that is measured
}

test("an idle process lets nobody wait, however long it idles", async () => {
  using loop = watchEventLoop();
  await setTimeout(300);
  assert.ok(loop.readP999Ms() < 20);
});

test("a stall shows in full, and the next reading starts afresh", async () => {
  using loop = watchEventLoop();
  await setTimeout(30);
  blockFor(150);
  await setTimeout(30);
  const blocked = loop.readP999Ms();
  assert.ok(blocked > 120 && blocked < 1000, `${blocked} ms`);
  await setTimeout(50);
  assert.ok(loop.readP999Ms() < 100);
});

test("a stall is not talked away by many short turns", () => {
  // Ten seconds, busy with turns of 0.1 ms, and one of 100 ms: an event in 100 meets it.
  const p999 = waitPercentile(
    [
      [0.1, 99_000],
      [100, 1],
    ],
    10_000,
    0.999,
  );
  assert.ok(Math.abs(p999 - 90) < 0.5, `${p999} ms`);
});

test("property: as many events wait longer as the share allows, in any mix of turns", () => {
  const turn = fc.tuple(fc.double({ min: 0.01, max: 500, noNaN: true }), fc.integer({ min: 1, max: 1000 }));
  fc.assert(
    fc.property(
      fc.array(turn, { minLength: 1, maxLength: 20 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      (turns, idleMs) => {
        const busyMs = turns.reduce((sum, [durationMs, count]) => sum + durationMs * count, 0);
        const periodMs = busyMs + idleMs;
        const wait = waitPercentile(turns, periodMs, 0.99);
        const beyond = turns.reduce((sum, [durationMs, count]) => sum + Math.max(0, durationMs - wait) * count, 0);
        assert.ok(beyond <= periodMs * 0.01 * 1.0001 + 1e-6);
        if (wait > 0) assert.ok(beyond >= periodMs * 0.01 * 0.999 - 1e-3);
      },
    ),
  );
});
