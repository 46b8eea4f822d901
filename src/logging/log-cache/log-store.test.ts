import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Envelope, LogEnvelope } from "../../protocol/envelope.ts";
import { LogStore } from "./log-store.ts";

const roomy = { perSourceMax: 100_000, perSourceBytesMax: 1e9, bytesMax: 1e9 };
const now = () => 1_000_000n;

test("reads in order of time from the start, included, to the end, excluded", () => {
  const store = new LogStore(roomy, now);
  store.put([5n, 1n, 3n, 2n, 4n].map((at) => line("a", at)));
  assert.deepEqual(times(store.read("a", { startTimeNs: 2n, endTimeNs: 5n })), [2n, 3n, 4n]);
  assert.deepEqual(times(store.read("a", { descending: true, limit: 2 })), [5n, 4n]);
  assert.deepEqual(times(store.read("a", {})), [1n, 2n, 3n, 4n, 5n]);
  assert.deepEqual(store.read("unknown", {}), []);
});

test("what was put at this very nanosecond can be read at once; what lies ahead cannot", () => {
  const store = new LogStore(roomy, now);
  store.put([line("a", now()), line("a", now() + 1n)]);
  assert.deepEqual(times(store.read("a", {})), [now()]);
});

test("payloads come back byte for byte", () => {
  const store = new LogStore(roomy, now);
  const payload = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  store.put([{ ...line("a", 1n), payload, type: "ERR" }]);
  const [read] = store.read("a", {});
  assert.ok(read?.kind === "log");
  assert.deepEqual([...read.payload], [...payload]);
  assert.equal(read.type, "ERR");
});

test("types and names filter; a name filter leaves logs out and thins out gauges", () => {
  const store = new LogStore(roomy, now);
  const head = { sourceId: "a", instanceId: "0", tags: {} };
  const cpu = { unit: "percentage", value: 1 };
  store.put([
    line("a", 1n),
    { ...head, kind: "gauge", timestampNs: 2n, metrics: { cpu, memory: cpu } },
    { ...head, kind: "counter", timestampNs: 3n, name: "requests", delta: 1n, total: 1n },
  ]);
  assert.deepEqual(times(store.read("a", { envelopeTypes: ["GAUGE", "COUNTER"] })), [2n, 3n]);
  const [gauge] = store.read("a", { nameFilter: "^c" });
  assert.ok(gauge?.kind === "gauge");
  assert.deepEqual(Object.keys(gauge.metrics), ["cpu"]);
  assert.deepEqual(times(store.read("a", { nameFilter: "requests|memory" })), [2n, 3n]);
});

test("a flood of lines leaves the newest metrics, a flood of metrics the newest lines", () => {
  const store = new LogStore({ ...roomy, perSourceMax: 500 }, now);
  const head = { sourceId: "a", instanceId: "0", tags: {} };
  const gauge = (at: bigint): Envelope => ({
    ...head,
    kind: "gauge",
    timestampNs: at,
    metrics: { cpu: { unit: "percentage", value: 1 } },
  });
  store.put([gauge(1n), gauge(2n)]);
  store.put(Array.from({ length: 2_000 }, (_, at) => line("a", BigInt(10 + at))));
  assert.deepEqual(times(store.read("a", { envelopeTypes: ["GAUGE"] })), [1n, 2n]);
  store.put(Array.from({ length: 2_000 }, (_, at) => gauge(BigInt(5_000 + at))));
  assert.equal(store.read("a", { envelopeTypes: ["LOG"], limit: 1_000 }).length, 100);
  assert.equal(store.meta().get("a")?.count, 500);
});

test("no pattern can hold the process", () => {
  const store = new LogStore(roomy, now);
  const name = `${"a".repeat(60)}!`;
  store.put([
    { kind: "counter", timestampNs: 1n, sourceId: "a", instanceId: "", tags: {}, name, delta: 1n, total: 1n },
  ]);
  const startedMs = performance.now();
  assert.deepEqual(store.read("a", { nameFilter: "^(a+)+$" }), []);
  assert.ok(performance.now() - startedMs < 500);
  assert.throws(() => store.read("a", { nameFilter: "(a)\\1" }), /valid regular expression/);
  assert.throws(() => store.read("a", { nameFilter: "(" }), /valid regular expression/);
});

test("ranges and limits that the real one refuses are refused", () => {
  const store = new LogStore(roomy, now);
  assert.throws(() => store.read("a", { startTimeNs: 2n, endTimeNs: 1n }), /must be before EndTime/);
  assert.throws(() => store.read("a", { limit: 1_001 }), /must be 1000 or less/);
  assert.throws(() => store.read("a", { limit: -1 }), /must be greater than zero/);
});

test("a source keeps its newest envelopes and counts the others as expired", () => {
  const store = new LogStore({ ...roomy, perSourceMax: 10 }, now);
  for (let at = 1n; at <= 25n; at++) store.put([line("loud", at)]);
  store.put([line("quiet", 1n)]);
  assert.deepEqual(store.meta().get("loud"), { count: 10, expired: 15, oldestNs: 16n, newestNs: 25n });
  assert.equal(store.meta().get("quiet")?.count, 1);
});

test("one loud source cannot push out the others while its own bound holds it", () => {
  const store = new LogStore({ ...roomy, perSourceBytesMax: 100_000, bytesMax: 1_000_000 }, now);
  store.put([line("quiet", 1n)]);
  for (let at = 2n; at < 5_000n; at++) store.put([line("loud", at, "x".repeat(1_000))]);
  assert.equal(store.read("quiet", {}).length, 1);
  assert.ok(store.bytes < 110_000);
});

test("over the whole bound the oldest go, whoever they belong to, and empty sources disappear", () => {
  const store = new LogStore({ ...roomy, bytesMax: 100_000 }, now);
  store.put([line("old", 1n)]);
  for (let at = 2n; at < 2_000n; at++) store.put([line(at % 2n === 0n ? "a" : "b", at)]);
  assert.ok(store.bytes <= 100_000);
  assert.equal(store.meta().has("old"), false);
  const a = store.meta().get("a")!;
  const b = store.meta().get("b")!;
  assert.ok(Math.abs(a.count - b.count) <= 2, `${a.count} ${b.count}`);
  assert.equal(b.newestNs, 1_999n);
});

test("property: a walk as the cf CLI does it sees every envelope exactly once, whatever the limit", () => {
  const gaps = fc.array(fc.constantFrom(0n, 0n, 1n, 7n), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 20 }), (steps, limit) => {
      const store = new LogStore(roomy, now);
      let at = 10n;
      const all = steps.map((gap, n) => {
        at += gap;
        return line("a", at, String(n));
      });
      store.put(all);
      const walked: string[] = [];
      for (let startTimeNs = 0n; ; ) {
        const batch = store.read("a", { startTimeNs, limit });
        if (batch.length === 0) break;
        for (const envelope of batch) walked.push(Buffer.from((envelope as LogEnvelope).payload).toString());
        startTimeNs = batch.at(-1)!.timestampNs + 1n;
      }
      assert.deepEqual(
        walked,
        steps.map((_, n) => String(n)),
      );
    }),
  );
});

test("property: late arrivals land where a sort would put them", () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 1n, max: 50n }), { maxLength: 100 }), (arrivals) => {
      const store = new LogStore(roomy, now);
      for (const at of arrivals) store.put([line("a", at)]);
      const sorted = [...arrivals].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      assert.deepEqual(times(store.read("a", { limit: 1_000 })), sorted);
      assert.deepEqual(times(store.read("a", { limit: 1_000, descending: true })), sorted.reverse());
    }),
  );
});

function line(sourceId: string, timestampNs: bigint, text = "x"): LogEnvelope {
  return { kind: "log", timestampNs, sourceId, instanceId: "0", tags: {}, payload: Buffer.from(text), type: "OUT" };
}

function times(envelopes: readonly Envelope[]): bigint[] {
  return envelopes.map(({ timestampNs }) => timestampNs);
}
