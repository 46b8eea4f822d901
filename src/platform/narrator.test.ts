import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../kit/clock.ts";
import { EventHub } from "../kit/event-hub.ts";
import { silentLog } from "../kit/log.ts";
import type { DesiredLrp, LrpEvent } from "../protocol/lrp.ts";
import type { TaskEvent } from "../protocol/task.ts";
import { narrate } from "./narrator.ts";

/** Time stands until it is told to go on: then every sleep ends. */
class StandingClock implements Clock {
  #ms = 0;
  #sleepers: (() => void)[] = [];
  nowMs = (): number => this.#ms;
  nowNs = (): bigint => BigInt(this.#ms) * 1_000_000n;
  steadyMs = (): number => this.#ms;
  deadline = (): AbortSignal => new AbortController().signal;
  sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      this.#sleepers.push(resolve);
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  async pass(ms: number): Promise<void> {
    this.#ms += ms;
    for (const wake of this.#sleepers.splice(0)) wake();
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

function scene() {
  const clock = new StandingClock();
  const lrps = new EventHub<LrpEvent>();
  const tasks = new EventHub<TaskEvent>();
  const stop = new AbortController();
  const said: string[] = [];
  const asked: string[] = [];
  const tags = { app_name: { kind: "static", value: "shop" }, process_type: { kind: "static", value: "web" } } as const;
  const bbs = {
    lrpEvents: (signal: AbortSignal) => lrps.subscribe(signal),
    taskEvents: (signal: AbortSignal) => tasks.subscribe(signal),
    desiredLrpByProcessGuid: async (guid: string): Promise<DesiredLrp> => {
      asked.push(guid);
      if (guid === "gone") throw new Error("not found");
      return { processGuid: guid, metricTags: tags } as unknown as DesiredLrp;
    },
  };
  const ended = narrate({ bbs, clock, log: silentLog(), say: (line) => said.push(line.slice(10)) }, stop.signal);
  return { clock, lrps, tasks, stop, said, asked, ended };
}

function crash(processGuid: string, index: number): LrpEvent {
  const key = { processGuid, index, domain: "cf-apps" };
  const instanceKey = { instanceGuid: "i", cellId: "c" };
  return { kind: "actual_lrp_crashed", key, instanceKey, crashCount: 1, crashReason: "out of memory", sinceNs: 0n };
}

test("an instance is called by its app's name, which is asked for once", async () => {
  const { lrps, said, asked, stop, ended } = scene();
  lrps.publish(crash("p", 0));
  lrps.publish(crash("p", 1));
  lrps.publish(crash("gone", 0));
  await settled();
  assert.deepEqual(said, [
    "shop: web 0 crashed: out of memory",
    "shop: web 1 crashed: out of memory",
    "an app: process 0 crashed: out of memory",
  ]);
  assert.deepEqual(asked, ["p", "gone"]);
  stop.abort();
  await ended;
});

test("a flood is cut short and counted", async () => {
  const { clock, lrps, said, stop, ended } = scene();
  for (let index = 0; index < 250; index++) lrps.publish(crash("p", index));
  await settled();
  assert.equal(said.length, 10);
  await clock.pass(2_000);
  assert.deepEqual(said.slice(10), ["… and 240 more"]);
  lrps.publish(crash("p", 7));
  await settled();
  assert.equal(said.at(-1), "shop: web 7 crashed: out of memory");
  stop.abort();
  await ended;
});

test("a reader that was cut off subscribes again", async () => {
  const { clock, lrps, said, stop, ended } = scene();
  for (let index = 0; index < 3_000; index++) lrps.publish(crash("p", index)); // more than a reader may lag behind
  await settled();
  await clock.pass(2_000);
  await clock.pass(2_000);
  lrps.publish(crash("p", 4_000));
  await settled();
  assert.equal(said.at(-1), "shop: web 4000 crashed: out of memory");
  stop.abort();
  await ended;
});
