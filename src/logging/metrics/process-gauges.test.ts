import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startProcessGauges } from "./process-gauges.ts";

test("a blocked event loop shows, and the next reading starts afresh", async () => {
  using gauges = startProcessGauges();
  await setTimeout(30);
  const end = performance.now() + 120;
  while (performance.now() < end); // the very thing that is measured
  await setTimeout(30);
  const blocked = gauges.read();
  assert.ok(blocked.eventLoopP999Ms > 80, `${blocked.eventLoopP999Ms} ms`);
  assert.ok(blocked.rssBytes > 1_000_000 && blocked.heapUsedBytes > 100_000 && blocked.cpuMs > 0);
  assert.ok(blocked.pssBytes === null || blocked.pssBytes > 1_000_000);
  await setTimeout(50);
  assert.ok(gauges.read().eventLoopP999Ms < blocked.eventLoopP999Ms);
});
