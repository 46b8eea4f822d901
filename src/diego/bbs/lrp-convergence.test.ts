import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { systemRandom } from "../../kit/random-system.ts";
import type { ActualLrp, ActualLrpState, DesiredLrp, Presence } from "../../protocol/lrp.ts";
import type { LrpStartRequest } from "../auctioneer/client.ts";
import type { RepClient } from "../rep/client.ts";
import { decideRemove, unclaimedActualLrp } from "./actual-lrp-transitions.ts";
import type { Cells } from "./cells.ts";
import { withDefaults } from "./config.ts";
import type { BbsContext } from "./context.ts";
import { Converger } from "./converger.ts";
import { Journal } from "./journal.ts";
import { decideLrpConvergence, type LrpAction } from "./lrp-convergence.ts";
import { LrpTable } from "./lrp-table.ts";
import { sampleDesiredLrp } from "./sample-records.ts";
import { BbsState } from "./state.ts";
import { MemoryDisk, memoryLrpStore } from "./store-memory.ts";
import { WorkPool } from "./work-pool.ts";

const NOW_NS = 10_000_000_000_000_000n;
const SECOND = 1_000_000_000n;

function record(index: number, state: ActualLrpState, change: Partial<ActualLrp> = {}): ActualLrp {
  const held = state === "CLAIMED" || state === "RUNNING";
  return {
    ...unclaimedActualLrp({ processGuid: "web", index, domain: "cf-apps" }, `epoch-${index}`, NOW_NS),
    state,
    instanceKey: held ? { instanceGuid: `i-${index}-${change.presence ?? "ORDINARY"}`, cellId: "cell-1" } : null,
    ...change,
  };
}

const onCell = (lrp: ActualLrp, cellId: string): ActualLrp => ({
  ...lrp,
  instanceKey: { instanceGuid: lrp.instanceKey?.instanceGuid ?? "", cellId },
});

function converge(
  desired: readonly DesiredLrp[],
  actual: readonly ActualLrp[],
  freshDomains: readonly string[] = ["cf-apps"],
): LrpAction[] {
  const table = new LrpTable();
  for (const lrp of desired) table.desired.set(lrp.processGuid, lrp);
  for (const lrp of actual) table.apply({ before: null, after: lrp });
  const work = decideLrpConvergence({
    desired: table.desired,
    processes: table.processes,
    cells: new Set(["cell-1", "cell-2"]),
    freshDomains: new Set(freshDomains),
    nowNs: NOW_NS,
  });
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const kinds = (actions: readonly LrpAction[]) =>
  actions.map((action) => `${action.kind} ${action.kind === "create" ? action.key.index : action.lrp.key.index}`);
const two = sampleDesiredLrp({ instances: 2 });

test("a missing instance is created; what is as desired is left alone", () => {
  assert.deepEqual(kinds(converge([two], [record(0, "RUNNING")])), ["create 1"]);
  assert.deepEqual(converge([two], [record(0, "RUNNING"), record(1, "CLAIMED")]), []);
});

test("an instance too many is retired, but only in a fresh domain", () => {
  const three = [record(0, "RUNNING"), record(1, "RUNNING"), record(2, "RUNNING")];
  assert.deepEqual(kinds(converge([two], three)), ["retire 2"]);
  assert.deepEqual(converge([two], three, []), []);
});

test("instances of a process that nobody desires are retired, but only in a fresh domain", () => {
  assert.deepEqual(kinds(converge([], [record(0, "RUNNING"), record(1, "UNCLAIMED")])), ["retire 0", "retire 1"]);
  assert.deepEqual(converge([], [record(0, "RUNNING")], []), []);
});

test("an LRP that nobody took for more than 30 s is auctioned again", () => {
  const since = (seconds: bigint) => record(0, "UNCLAIMED", { sinceNs: NOW_NS - seconds * SECOND });
  const one = sampleDesiredLrp();
  assert.deepEqual(converge([one], [since(30n)]), []);
  assert.deepEqual(kinds(converge([one], [since(31n)])), ["auction 0"]);
});

test("a crashed instance is started again when its pause is over", () => {
  const since = (seconds: bigint) => record(0, "CRASHED", { crashCount: 3, sinceNs: NOW_NS - seconds * SECOND });
  const one = sampleDesiredLrp();
  assert.deepEqual(converge([one], [since(29n)]), []);
  assert.deepEqual(kinds(converge([one], [since(30n)])), ["unclaim 0"]);
});

test("an instance whose cell is gone becomes suspect; its replacement is simply unclaimed", () => {
  const one = sampleDesiredLrp();
  const lost = onCell(record(0, "RUNNING"), "cell-9");
  assert.deepEqual(kinds(converge([one], [lost])), ["suspect 0"]);
  const suspect: ActualLrp = { ...lost, presence: "SUSPECT" };
  assert.deepEqual(kinds(converge([one], [onCell(record(0, "CLAIMED"), "cell-9"), suspect])), ["unclaim 0"]);
  assert.deepEqual(converge([one], [record(0, "CLAIMED"), suspect]), [], "it stays routed until the new one runs");
});

test("a suspect ends when its replacement runs, and is ordinary again when its cell comes back before", () => {
  const one = sampleDesiredLrp();
  const suspect = record(0, "RUNNING", { presence: "SUSPECT" });
  assert.deepEqual(kinds(converge([one], [record(0, "RUNNING"), onCell(suspect, "cell-9")])), ["remove 0"]);
  assert.deepEqual(kinds(converge([one], [record(0, "UNCLAIMED"), suspect])), ["promote 0"]);
});

test("an evacuating instance ends with its cell", () => {
  const evacuating = record(0, "RUNNING", { presence: "EVACUATING" });
  assert.deepEqual(converge([sampleDesiredLrp()], [record(0, "CLAIMED"), evacuating]), []);
  assert.deepEqual(kinds(converge([sampleDesiredLrp()], [record(0, "CLAIMED"), onCell(evacuating, "cell-9")])), [
    "remove 0",
  ]);
});

test("a cell is told of internal routes and metric tags that it does not have", () => {
  const routes = { "internal-router": [{ hostname: "web.apps.internal" }] };
  assert.deepEqual(kinds(converge([sampleDesiredLrp({ routes })], [record(0, "RUNNING")])), ["update 0"]);
  const metricTags = { source_id: { kind: "static", value: "x" } } as const;
  assert.deepEqual(kinds(converge([sampleDesiredLrp({ metricTags })], [record(0, "RUNNING")])), ["update 0"]);
  const same = record(0, "RUNNING", {
    metricTags: { source_id: "x" },
    internalRoutes: [{ hostname: "web.apps.internal" }],
  });
  assert.deepEqual(converge([sampleDesiredLrp({ routes, metricTags })], [same]), []);
});

/** A BBS's inside around given records, with a cell that stops at once and an auctioneer that only listens. */
function context(desired: readonly DesiredLrp[], actual: readonly ActualLrp[], presentCells: readonly string[]) {
  const clock = { ...systemClock(), nowNs: () => NOW_NS, nowMs: () => Number(NOW_NS / 1_000_000n) };
  const state = new BbsState(new Journal(memoryLrpStore(new MemoryDisk()), assert.ifError), clock);
  state.load({ desired, actual, tasks: [], domains: [["cf-apps", Number.POSITIVE_INFINITY]] });
  const auctions: LrpStartRequest[] = [];
  const rep = {
    stopLrpInstance: async (...[key, instanceKey]: Parameters<RepClient["stopLrpInstance"]>) => {
      await state.commit({ actual: decideRemove(state.lrps.instances(key.processGuid, key.index), instanceKey) });
    },
    updateLrpInstance: async () => undefined,
  } as unknown as RepClient;
  const presence = (cellId: string) => ({ cellId, repUrl: "" }) as const;
  const cells = {
    all: async () => new Map(presentCells.map((cellId) => [cellId, presence(cellId)])),
    byId: async (cellId: string) => (presentCells.includes(cellId) ? presence(cellId) : null),
  } as unknown as Cells;
  const ignore = (): void => undefined;
  const calls = new WorkPool(10, 10_000, ignore);
  const ctx: BbsContext = {
    settings: withDefaults({ databasePath: "" }),
    state,
    cells,
    clock,
    random: systemRandom(),
    log: silentLog(),
    http: { request: () => Promise.reject(new Error("none")) },
    auctioneer: () => ({
      requestLrpAuctions: async (requests) => {
        auctions.push(...requests);
      },
      requestTaskAuctions: async () => undefined,
    }),
    repOf: () => rep,
    calls,
    callbacks: new WorkPool(1, 1, ignore),
    kick: ignore,
    stopping: new AbortController().signal,
  };
  return { ctx, state, auctions, settle: () => calls.close() };
}

test("property: convergence gives exactly one ordinary record for each desired index, auctions each, and is then at rest", async () => {
  const cell = fc.constantFrom("cell-1", "cell-2", "cell-9");
  const state = fc.constantFrom<ActualLrpState>("UNCLAIMED", "CLAIMED", "RUNNING", "CRASHED");
  const ordinary = fc.record({ index: fc.nat(5), state, cell, presence: fc.constant<Presence>("ORDINARY") });
  const other = fc.record({
    index: fc.nat(5),
    state: fc.constantFrom<ActualLrpState>("CLAIMED", "RUNNING"),
    cell,
    presence: fc.constantFrom<Presence>("SUSPECT", "EVACUATING"),
  });
  const records = fc.uniqueArray(fc.oneof(ordinary, other), { selector: (one) => `${one.index}${one.presence}` });
  await fc.assert(
    fc.asyncProperty(fc.option(fc.nat(4)), records, async (instances, wanted) => {
      const actual = wanted.map((one) => {
        const lrp = record(one.index, one.state, { presence: one.presence, crashCount: 3, sinceNs: 0n });
        return lrp.instanceKey === null ? lrp : onCell(lrp, one.cell);
      });
      const desired = instances === null ? [] : [sampleDesiredLrp({ instances })];
      const world = context(desired, actual, ["cell-1", "cell-2"]);
      const pause = async (): Promise<void> => undefined;
      // A promoted suspect of a surplus index is retired by the second run.
      await new Converger(world.ctx, pause).converge();
      await new Converger(world.ctx, pause).converge();
      await world.settle();
      const left = [...world.state.lrps.all()];
      const ordinaries = left.filter((lrp) => lrp.presence === "ORDINARY").map((lrp) => lrp.key.index);
      assert.deepEqual(
        ordinaries.toSorted(),
        Array.from({ length: instances ?? 0 }, (_, index) => index),
      );
      for (const lrp of left) {
        const there = lrp.instanceKey === null || lrp.instanceKey.cellId !== "cell-9";
        if (lrp.presence === "SUSPECT") assert.ok(!there, "a suspect's cell is gone");
        else assert.ok(there, "nothing else is on a lost cell");
        const auctioned = world.auctions.some(({ indices }) => indices.includes(lrp.key.index));
        if (lrp.state === "UNCLAIMED") assert.ok(auctioned, "what has no cell is auctioned");
      }
    }),
    { numRuns: 300 },
  );
});
