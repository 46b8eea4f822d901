import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerMetrics, GardenClient } from "../../garden/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Envelope, GaugeEnvelope } from "../../protocol/envelope.ts";
import type { ContainerNode } from "./container-node.ts";
import { MetricsReporter } from "./metrics-reporter.ts";

const SECOND_NS = 1_000_000_000n;

test("CPU counts from report to report: the burst of a start never becomes thousands of percent", async () => {
  const site = setUp();
  site.sample(100, 20); // the regular report comes while the instance is being made
  await site.reporter.report([site.node]);
  assert.deepEqual(site.cpu(), { cpu: 0, entitlement: 0 });
  site.sample(300, 220); // 200 ms of one core in 200 ms, and it runs: shown at once
  await site.reporter.preview(site.node);
  assert.deepEqual(site.cpu(), { cpu: 0, entitlement: 0 });
  site.sample(10_100, 1_020); // 1 s of CPU in 10 s
  await site.reporter.report([site.node]);
  // A quarter of the cell's memory is half of a core of its two: 10 % of a core are 20 % of that.
  assert.deepEqual(site.cpu(), { cpu: 10, entitlement: 20 });
  site.sample(10_200, 1_120);
  await site.reporter.preview(site.node);
  assert.deepEqual(site.cpu(), { cpu: 10, entitlement: 20 });
});

test("without an earlier report rates are 0, memory and disk are told", async () => {
  const site = setUp();
  site.sample(5_000, 5_000);
  await site.reporter.preview(site.node);
  assert.deepEqual(site.cpu(), { cpu: 0, entitlement: 0 });
  assert.equal(site.newest("memory"), 7);
  site.reporter.forget("i");
  site.sample(9_000, 9_000);
  await site.reporter.report([site.node]);
  assert.deepEqual(site.cpu(), { cpu: 0, entitlement: 0 });
});

function setUp() {
  const emitted: GaugeEnvelope[] = [];
  let now = { ageMs: 0, cpuMs: 0 };
  const metrics = (): ContainerMetrics => ({
    memoryUsageBytes: 7,
    memoryLimitBytes: 100,
    diskUsageBytes: 3,
    diskLimitBytes: 100,
    cpuUsageNs: (BigInt(now.cpuMs) * SECOND_NS) / 1000n,
    ageNs: (BigInt(now.ageMs) * SECOND_NS) / 1000n,
    pids: 1,
  });
  const reporter = new MetricsReporter({
    garden: { metrics: async () => new Map([["i", metrics()]]) } as unknown as GardenClient,
    agent: { emit: (envelope: Envelope) => void emitted.push(envelope as GaugeEnvelope) },
    clock: { steadyMs: () => now.ageMs, nowNs: () => 1n } as unknown as Clock,
    entitlement: { cpuCount: 2, cellMemoryMb: 4096 },
  });
  const node = {
    isInGarden: true,
    log: null,
    container: {
      guid: "i",
      need: { memoryMb: 1024, diskMb: 1 },
      memoryLimitBytes: 100,
      diskLimitBytes: 100,
      run: { metricsConfig: { guid: "app", index: 0, tags: { source_id: "app" } } },
    },
  } as unknown as ContainerNode;
  const newest = (name: string): number | undefined =>
    emitted.findLast(({ metrics: all }) => all[name] !== undefined)?.metrics[name]?.value;
  return {
    reporter,
    node,
    newest,
    sample: (ageMs: number, cpuMs: number) => {
      now = { ageMs, cpuMs };
    },
    cpu: () => ({ cpu: newest("cpu"), entitlement: newest("cpu_entitlement") }),
  };
}
