import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_LIMITS } from "../../config.ts";
import { nextPollMs } from "./polling.ts";

const limits = DEFAULT_LIMITS.brokerPolling;
const fresh = { startedAtMs: 0, nowMs: 0, looks: 0, retryAfterMs: null, planMaximumMs: null };

test("looks come soon at first, then each minute", () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 1_000].map((looks) => nextPollMs({ ...fresh, looks }, limits));
  assert.deepEqual(waits, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test("a broker may ask for patience, up to a day", () => {
  assert.equal(nextPollMs({ ...fresh, retryAfterMs: 120_000 }, limits), 120_000);
  assert.equal(nextPollMs({ ...fresh, retryAfterMs: 1_000 }, limits), 2_000);
  assert.equal(nextPollMs({ ...fresh, retryAfterMs: 10 * 86_400_000 }, limits), 86_400_000);
});

test("a plan shortens the seven days and never lengthens them", () => {
  const day = 86_400_000;
  assert.equal(nextPollMs({ ...fresh, nowMs: 7 * day - 1_000 }, limits), null);
  assert.equal(nextPollMs({ ...fresh, nowMs: 9_000, planMaximumMs: 10_000 }, limits), null);
  assert.equal(nextPollMs({ ...fresh, nowMs: 8_000, planMaximumMs: 10_000 }, limits), 2_000);
  assert.equal(nextPollMs({ ...fresh, nowMs: 8 * day, planMaximumMs: 100 * day }, limits), null);
});

test("property: no look lies beyond the limit", () => {
  const nat = fc.nat(7 * 86_400_000 * 2);
  fc.assert(
    fc.property(nat, fc.nat(100), fc.option(nat), fc.option(nat), (nowMs, looks, retryAfterMs, planMaximumMs) => {
      const wait = nextPollMs({ startedAtMs: 0, nowMs, looks, retryAfterMs, planMaximumMs }, limits);
      if (wait === null) return;
      assert.ok(wait > 0 && nowMs + wait <= Math.min(planMaximumMs ?? Infinity, limits.durationMaxMs));
    }),
  );
});
