import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../kit/clock-system.ts";
import { RateLimiter } from "./rate-limiter.ts";

const LIMITS = { generalMax: 10, unauthenticatedMax: 2, adminMax: -1, intervalMinutes: 60 };

test("a user has so many requests in an interval, an address fewer, an admin any number", () => {
  let nowMs = 1_700_000_000_000;
  const limiter = new RateLimiter(LIMITS, { ...systemClock(), nowMs: () => nowMs });
  for (let request = 1; request <= 10; request++) {
    const verdict = limiter.count("alice", "user")!;
    assert.equal(verdict.exceeded, false);
    assert.equal(verdict.headers["x-ratelimit-limit"], "10");
    assert.equal(verdict.headers["x-ratelimit-remaining"], String(10 - request));
  }
  const over = limiter.count("alice", "user")!;
  assert.equal(over.exceeded, true);
  assert.ok(over.retryAfterSeconds > 0 && over.retryAfterSeconds <= 3600);
  assert.equal(limiter.count("bob", "user")!.exceeded, false);
  assert.deepEqual(
    [1, 2, 3].map(() => limiter.count("127.0.0.1", "address")!.exceeded),
    [false, false, true],
  );
  assert.equal(limiter.count("root", "admin"), null);
  nowMs += over.retryAfterSeconds * 1000;
  assert.equal(limiter.count("alice", "user")!.exceeded, false);
});
