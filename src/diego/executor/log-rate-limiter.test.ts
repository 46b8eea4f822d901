import assert from "node:assert/strict";
import { test } from "node:test";
import { LogRateLimiter } from "./log-rate-limiter.ts";

test("without limit everything passes and is counted", () => {
  const limiter = new LogRateLimiter(-1, 0);
  assert.equal(limiter.decide(1_000_000, 0), "pass");
  assert.equal(limiter.takePassed(), 1_000_000);
  assert.equal(limiter.takePassed(), 0);
});

test("a limit of zero lets nothing pass and says nothing", () => {
  assert.equal(new LogRateLimiter(0, 0).decide(1, 0), "drop");
});

test("an overrun gives one notice and a second of silence, then the bucket has filled again", () => {
  const limiter = new LogRateLimiter(100, 0);
  assert.equal(limiter.decide(60, 0), "pass");
  assert.equal(limiter.decide(60, 1), "notice");
  assert.equal(limiter.notice, "app instance exceeded log rate limit (100 bytes/sec)");
  assert.equal(limiter.decide(1, 500), "drop");
  assert.equal(limiter.decide(100, 1001), "pass");
  assert.equal(limiter.takePassed(), 160);
});
