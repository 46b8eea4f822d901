import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import type { Envelope, LogEnvelope } from "../../protocol/envelope.ts";
import { startLogCache } from "./log-cache.ts";
import { decodeSegment, SegmentEncoder } from "./segment-codec.ts";
import { SegmentFiles } from "./segment-files.ts";

const clock = systemClock();
const deps = { clock, log: silentLog(), authorize: async () => true };

const anyLine: fc.Arbitrary<LogEnvelope> = fc.record({
  kind: fc.constant("log" as const),
  timestampNs: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  sourceId: fc.constantFrom("a", "b", "ü"),
  instanceId: fc.constantFrom("0", "1"),
  tags: fc.constantFrom<Record<string, string>>({}, { source_type: "APP" }, { source_type: "RTR", x: "✓" }),
  payload: fc.uint8Array({ maxLength: 100 }),
  type: fc.constantFrom("OUT" as const, "ERR" as const),
});

test("property: lines come back as they were written, whatever the batches", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyLine, { maxLength: 5 }), { maxLength: 5 }), (batches) => {
      const encoder = new SegmentEncoder();
      const bytes = Buffer.concat(batches.map((batch) => encoder.encode(batch)));
      assert.deepEqual(plain([...decodeSegment(bytes)]), plain(batches.flat()));
    }),
  );
});

test("property: a segment that breaks off or is damaged gives the lines before that, and never throws", () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 8 }), fc.nat(), fc.nat({ max: 255 }), (lines, where, byte) => {
      const bytes = new SegmentEncoder().encode(lines);
      const cut = bytes.subarray(0, where % (bytes.length + 1));
      const left = plain([...decodeSegment(cut)]);
      assert.deepEqual(left, plain(lines).slice(0, left.length));
      if (bytes.length > 0) bytes[where % bytes.length] = byte;
      for (const _ of decodeSegment(bytes));
    }),
  );
});

test("log lines outlive the process, metrics do not", async () => {
  await inFolder(async (folder) => {
    const first = await startLogCache({ folder }, deps);
    const gauge: Envelope = { kind: "gauge", timestampNs: 3n, sourceId: "app", instanceId: "0", tags: {}, metrics: {} };
    first.client.put([line(1n, "one"), line(2n, "two"), gauge]);
    await first[Symbol.asyncDispose]();
    await using second = await startLogCache({ folder }, deps);
    while (second.client.read("app", {}).length < 2) await clock.sleep(5);
    assert.deepEqual(plain(second.client.read("app", {})), plain([line(1n, "one"), line(2n, "two")]));
    second.client.put([line(3n, "three")]);
    assert.deepEqual(
      second.client.read("app", {}).map(({ timestampNs }) => timestampNs),
      [1n, 2n, 3n],
    );
  });
});

test("a kill in the middle of a write costs that line alone", async () => {
  await inFolder(async (folder) => {
    const first = await startLogCache({ folder }, deps);
    first.client.put([line(1n, "one"), line(2n, "two")]);
    await first[Symbol.asyncDispose]();
    const [file] = await readdir(folder);
    await truncate(join(folder, file!), (await stat(join(folder, file!))).size - 1);
    await using second = await startLogCache({ folder }, deps);
    while (second.client.read("app", {}).length < 1) await clock.sleep(5);
    assert.deepEqual(plain(second.client.read("app", {})), plain([line(1n, "one")]));
  });
});

test("the disk is bounded: old segments go, the newest lines stay", async () => {
  await inFolder(async (folder) => {
    const files = new SegmentFiles(folder, 40_000, deps);
    await files.load(() => undefined);
    for (let round = 0n; round < 30n; round++) {
      for (let n = 0n; n < 20n; n++) files.add([line(round * 20n + n, "x".repeat(100))]);
      await files.flush();
      let size = 0;
      for (const file of await readdir(folder)) size += (await stat(join(folder, file))).size;
      assert.ok(size <= 44_000, `${size}`);
    }
    const kept: bigint[] = [];
    await new SegmentFiles(folder, 40_000, deps).load((lines) =>
      kept.push(...lines.map(({ timestampNs }) => timestampNs)),
    );
    assert.equal(kept.at(-1), 599n);
    assert.ok(kept.length > 150 && kept.length < 400, `${kept.length}`);
  });
});

function line(timestampNs: bigint, text: string): LogEnvelope {
  return {
    kind: "log",
    timestampNs,
    sourceId: "app",
    instanceId: "0",
    tags: { a: "b" },
    payload: Buffer.from(text),
    type: "OUT",
  };
}

function plain(envelopes: readonly Envelope[]): object[] {
  return envelopes.map((envelope) => ({
    ...envelope,
    ...(envelope.kind === "log" ? { payload: [...envelope.payload] } : {}),
  }));
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp("/tmp/ingot-segments-");
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
