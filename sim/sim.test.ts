import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutRealTime } from "./no-real-time.ts";
import { runSeed } from "./run-seed.ts";

const SEEDS = 20;

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`after all faults what was answered is what runs, and the run repeats (./ingot sim --seed ${seed})`, async () => {
    const first = await runSeed(seed);
    assert.deepEqual(first.violations, []);
    assert.ok(first.apps > 0 && first.tasks > 0 && first.events > 5_000, "the run did something");
    assert.equal((await runSeed(seed)).traceHash, first.traceHash);
  });
}

test("another seed is another run", async () => {
  assert.notEqual((await runSeed(1)).traceHash, (await runSeed(2)).traceHash);
});

test("real time and real chance throw in simulated code, and are back afterwards", async () => {
  const leaks: (() => unknown)[] = [
    () => Date.now(),
    () => new Date(),
    () => performance.now(),
    () => Math.random(),
    () => setTimeout(() => undefined, 1),
    () => setInterval(() => undefined, 1),
    () => fetch("http://127.0.0.1:9"),
    () => AbortSignal.timeout(1),
    () => crypto.randomUUID(),
  ];
  await withoutRealTime(async () => {
    for (const leak of leaks) assert.throws(leak, /in simulated code/);
    assert.equal(new Date(0).toISOString(), "1970-01-01T00:00:00.000Z");
  });
  assert.ok(Date.now() > 0 && Math.random() < 1 && performance.now() > 0);
});
