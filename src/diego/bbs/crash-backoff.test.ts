import assert from "node:assert/strict";
import { test } from "node:test";
import { restartDueNs } from "./crash-backoff.ts";

const SECOND = 1_000_000_000n;

test("a crashed instance waits 30 s, then twice as long each time, at most 16 minutes", () => {
  const waits = [3, 4, 5, 6, 7, 8, 9, 199].map((crashCount) => (restartDueNs(7n, crashCount) ?? 0n) - 7n);
  assert.deepEqual(
    waits,
    [30n, 60n, 120n, 240n, 480n, 960n, 960n, 960n].map((seconds) => seconds * SECOND),
  );
});

test("the first crashes restart at once, after two hundred it is over", () => {
  assert.equal(restartDueNs(7n, 2), 7n);
  assert.equal(restartDueNs(7n, 200), null);
});
