import assert from "node:assert/strict";
import { test } from "node:test";
import { startAuctioneer } from "../src/diego/auctioneer/index.ts";
import type { LocketClient } from "../src/diego/locket/client.ts";
import type { RepClient } from "../src/diego/rep/client.ts";
import { silentLog } from "../src/kit/log.ts";
import type { CellWork } from "../src/protocol/cell.ts";
import { Scheduler } from "./scheduler.ts";
import { seededRandom } from "./seeded-random.ts";
import { SimCell } from "./sim-cell.ts";
import { SimProcess } from "./sim-process.ts";

const never = new AbortController().signal;
const NEED = {
  memoryMb: 64,
  diskMb: 64,
  maxPids: 0,
  rootfs: "preloaded:cflinuxfs4",
  placementTags: [],
  volumeDrivers: [],
};

/** An auctioneer with cells whose answers the test decides. */
async function world(reps: Record<string, Partial<RepClient>>) {
  const scheduler = new Scheduler();
  const random = seededRandom(1);
  const process = new SimProcess("auctioneer", "here", scheduler, random);
  const cells = new Map(
    Object.keys(reps).map((cellId) => [cellId, new SimCell(cellId, "z1", 1_000, scheduler, random)]),
  );
  const told: string[] = [];
  const work: CellWork[] = [];
  const locket = { lock: async () => undefined, release: async () => undefined } as unknown as LocketClient;
  const auctioneer = await startAuctioneer(
    {},
    {
      clock: process.clock,
      random,
      log: silentLog(),
      locket,
      pause: async () => undefined,
      bbs: {
        cells: async () => [...cells.values()].map(({ presence }) => presence),
        failActualLrp: async (key, why) => void told.push(`${key.processGuid}/${key.index}: ${why}`),
        rejectTask: async (taskGuid, why) => void told.push(`${taskGuid}: ${why}`),
      },
      repOf: ({ cellId }) =>
        ({
          state: async () => cells.get(cellId)!.state(),
          perform: async (wanted: CellWork) => {
            work.push(wanted);
            return { cellId, lrps: [], tasks: [] };
          },
          ...reps[cellId],
        }) as unknown as RepClient,
    },
  );
  const request = (indices: readonly number[], memoryMb = 64) =>
    auctioneer.client.requestLrpAuctions(
      [{ ...NEED, memoryMb, processGuid: "web", domain: "cf-apps", indices }],
      never,
    );
  const addCell = (cellId: string): void => {
    cells.set(cellId, new SimCell(cellId, "z1", 1_000, scheduler, random));
  };
  return { scheduler, auctioneer, told, work, request, addCell };
}

const silent = (): Promise<never> => new Promise(() => undefined);

test("work is handed to the winning cells, each LRP once however often it was asked for", async () => {
  const { scheduler, request, work } = await world({ a: {} });
  await request([0, 1]);
  await request([1, 0]);
  await scheduler.advance(100);
  assert.deepEqual(
    work.map(({ lrps }) => lrps.map(({ key }) => key.index)),
    [[0, 1]],
  );
});

test("a cell that never answers delays an auction by a second and gets nothing", async () => {
  const { scheduler, request, work } = await world({ a: { state: silent }, b: {} });
  await request([0]);
  await scheduler.advance(1_100);
  assert.deepEqual(
    work.map(({ cellId }) => cellId),
    ["b"],
  );
});

test("a cell that never takes its work delays the next auction by ten seconds; its work is not given to another", async () => {
  const { scheduler, request, work, told } = await world({ a: { perform: silent } });
  await request([0]);
  await scheduler.advance(5_000);
  await request([1]);
  await scheduler.advance(30_000);
  assert.deepEqual(work, []);
  assert.deepEqual(told, [], "convergence, which knows what was claimed, asks again");
});

test("a cell that is slow to take its work is left out of the next auctions, which go on", async () => {
  const { scheduler, request, work } = await world({ a: { perform: silent }, b: {} });
  await request([0, 1]);
  await scheduler.advance(1_100);
  await request([2]);
  await scheduler.advance(100);
  assert.deepEqual(
    work.map(({ cellId, lrps }) => [cellId, lrps.map(({ key }) => key.index)]),
    [
      ["b", [1]],
      ["b", [2]],
    ],
  );
});

test("what a cell refuses goes into the next auction, and fails after the third", async () => {
  let calls = 0;
  const { scheduler, request, told } = await world({
    a: {
      perform: async (wanted) => {
        calls++;
        return wanted;
      },
    },
  });
  await request([0]);
  await scheduler.advance(1_000);
  assert.equal(calls, 3);
  assert.deepEqual(told, ["web/0: insufficient resources"]);
});

test("what fits nowhere goes back to the BBS with the reason", async () => {
  const { scheduler, auctioneer, request, told } = await world({ a: {} });
  await request([0], 5_000);
  await auctioneer.client.requestTaskAuctions(
    [{ ...NEED, rootfs: "preloaded:none", taskGuid: "task", domain: "cf-tasks" }],
    never,
  );
  await scheduler.advance(1_000);
  assert.deepEqual(told.toSorted(), [
    "task: found no compatible cell for required rootfs",
    "web/0: insufficient resources: memory",
  ]);
});

test("when no cell answers, even the fourth time, that is the reason", async () => {
  const { scheduler, request, told } = await world({ a: { state: silent } });
  await request([0]);
  await scheduler.advance(3_500);
  assert.deepEqual(told, []);
  await scheduler.advance(2_000);
  assert.deepEqual(told, ["web/0: unable to communicate to compatible cells"]);
});

test("work that is there before the first cell waits for it, some seconds and no longer", async () => {
  const { scheduler, request, work, told, addCell } = await world({});
  await request([0]);
  await scheduler.advance(2_000);
  assert.deepEqual([work, told], [[], []]);
  addCell("a");
  await scheduler.advance(200);
  assert.deepEqual(
    work.map(({ lrps }) => lrps.map(({ key }) => key.index)),
    [[0]],
  );
  const alone = await world({});
  await alone.request([0]);
  await alone.scheduler.advance(6_000);
  assert.equal(alone.told.length, 1);
});
