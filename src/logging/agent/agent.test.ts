import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "../../kit/clock-system.ts";
import { SlowConsumerError } from "../../kit/event-hub.ts";
import { silentLog } from "../../kit/log.ts";
import type { Envelope, LogEnvelope } from "../../protocol/envelope.ts";
import { startAgent } from "./agent.ts";

const deps = { clock: systemClock(), log: silentLog() };

test("every sink gets every envelope once and in order, after emit has returned", async () => {
  const seen: Envelope[][] = [[], []];
  const sinks = seen.map((list, at) => ({
    name: `sink ${at}`,
    put: (batch: readonly Envelope[]) => list.push(...batch),
  }));
  await using agent = await startAgent({}, { ...deps, sinks });
  for (let n = 0; n < 2_500; n++) agent.client.emit(line("app", String(n)));
  assert.equal(seen[0]!.length, 0);
  while (seen[1]!.length < 2_500) await setImmediate();
  for (const list of seen)
    assert.deepEqual(
      list.map(textOf),
      Array.from({ length: 2_500 }, (_, n) => String(n)),
    );
});

test("what does not fit pushes the oldest out and is said in the log of the app that lost it", async () => {
  const seen: Envelope[] = [];
  await using agent = await startAgent(
    { waitingMax: 100 },
    { ...deps, sinks: [{ name: "s", put: (b) => seen.push(...b) }] },
  );
  for (let n = 0; n < 150; n++) agent.client.emit(line("loud", String(n)));
  await setImmediate();
  assert.equal(agent.dropped, 50);
  assert.equal(textOf(seen[0]!), "Log message output is too high. 50 messages dropped.");
  assert.equal(seen[0]!.tags["source_type"], "LGR");
  assert.deepEqual(
    seen.slice(1).map(textOf),
    Array.from({ length: 100 }, (_, n) => String(n + 50)),
  );
});

test("bytes are bounded, too", async () => {
  const seen: Envelope[] = [];
  const sinks = [{ name: "s", put: (batch: readonly Envelope[]) => seen.push(...batch) }];
  await using agent = await startAgent({ waitingBytesMax: 1_000 }, { ...deps, sinks });
  for (let n = 0; n < 10; n++) agent.client.emit(line("app", "x".repeat(300)));
  await setImmediate();
  assert.equal(agent.dropped, 7);
});

test("a sink that throws takes nothing from the others", async () => {
  const seen: Envelope[] = [];
  const broken = {
    name: "broken",
    put: () => {
      throw new Error("full");
    },
  };
  await using agent = await startAgent({}, { ...deps, sinks: [broken, { name: "s", put: (b) => seen.push(...b) }] });
  agent.client.emit(line("app", "1"));
  await setImmediate();
  assert.equal(seen.length, 1);
});

test("a streaming reader gets what comes after it subscribed and is cut off when it does not read", async () => {
  await using agent = await startAgent({ behindMax: 10 }, { ...deps, sinks: [] });
  const ended = new AbortController();
  const stream = agent.stream(ended.signal)[Symbol.asyncIterator]();
  agent.client.emit(line("app", "1"));
  assert.equal(textOf((await stream.next()).value), "1");
  for (let n = 0; n < 20; n++) agent.client.emit(line("app", String(n)));
  await setImmediate();
  await assert.rejects(async () => {
    for (;;) if ((await stream.next()).done) break;
  }, SlowConsumerError);
});

test("disposal hands on what still waits", async () => {
  const seen: Envelope[] = [];
  const agent = await startAgent({}, { ...deps, sinks: [{ name: "s", put: (batch) => seen.push(...batch) }] });
  for (let n = 0; n < 3_000; n++) agent.client.emit(line("app", String(n)));
  await agent[Symbol.asyncDispose]();
  assert.equal(seen.length, 3_000);
});

function line(sourceId: string, text: string): LogEnvelope {
  return { kind: "log", timestampNs: 1n, sourceId, instanceId: "0", tags: {}, payload: Buffer.from(text), type: "OUT" };
}

function textOf(envelope: Envelope): string {
  return envelope.kind === "log" ? Buffer.from(envelope.payload).toString() : envelope.kind;
}
