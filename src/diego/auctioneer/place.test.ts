import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CellState, ResourceNeed } from "../../protocol/cell.ts";
import type { LrpAuction, Placements, TaskAuction } from "./model.ts";
import { place } from "./place.ts";

const NEED: ResourceNeed = {
  memoryMb: 100,
  diskMb: 100,
  maxPids: 0,
  rootfs: "preloaded:cflinuxfs4",
  placementTags: [],
  volumeDrivers: [],
};
const TOTAL = { memoryMb: 1_000, diskMb: 1_000, containers: 10 };
const OPTIONS = { startingContainerWeight: 0.25, startingContainerCountMax: 0 };

function cell(cellId: string, change: Partial<CellState> = {}): CellState {
  return {
    cellId,
    repUrl: "",
    zone: "z1",
    total: TOTAL,
    available: TOTAL,
    lrps: [],
    tasks: [],
    startingContainerCount: 0,
    evacuating: false,
    rootfsProviders: { preloaded: ["cflinuxfs4"] },
    placementTags: [],
    optionalPlacementTags: [],
    volumeDrivers: [],
    ...change,
  };
}

const lrp = (processGuid: string, index: number, need: Partial<ResourceNeed> = {}): LrpAuction => ({
  ...NEED,
  ...need,
  key: { processGuid, index, domain: "cf-apps" },
  attempts: 0,
});
const task = (taskGuid: string, need: Partial<ResourceNeed> = {}): TaskAuction => ({
  ...NEED,
  ...need,
  taskGuid,
  domain: "cf-tasks",
  attempts: 0,
});
const held = (processGuid: string, index: number): CellState["lrps"][number] => ({
  ...NEED,
  key: { processGuid, index, domain: "cf-apps" },
  instanceGuid: `${processGuid}-${index}`,
  state: "RUNNING",
});

function auction(
  cells: readonly CellState[],
  lrps: readonly LrpAuction[],
  tasks: readonly TaskAuction[] = [],
  options = OPTIONS,
): Placements {
  const work = place(cells, { lrps, tasks }, options);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** `name → cell`, or `name: why not`, in the order of placing. */
function told({ lrps, tasks }: Placements): string[] {
  const tell = (name: string, at: { cellId: string } | { placementError: string }): string =>
    "cellId" in at ? `${name} → ${at.cellId}` : `${name}: ${at.placementError}`;
  return [
    ...lrps.map((one) => tell(`${one.work.key.processGuid}/${one.work.key.index}`, one)),
    ...tasks.map((one) => tell(one.work.taskGuid, one)),
  ];
}

test("instances of one process go to different cells, in different zones first", () => {
  const cells = [cell("a"), cell("b"), cell("c", { zone: "z2" })];
  const placed = told(auction(cells, [lrp("web", 0), lrp("web", 1), lrp("web", 2)]));
  assert.deepEqual(placed, ["web/0 → a", "web/1 → c", "web/2 → b"]);
});

test("a zone that runs fewer instances of the process wins, even when it is fuller", () => {
  const full = { available: { memoryMb: 150, diskMb: 150, containers: 2 } };
  const cells = [cell("a", { lrps: [held("web", 0)] }), cell("b"), cell("c", { zone: "z2", ...full })];
  assert.deepEqual(told(auction(cells, [lrp("web", 1)])), ["web/1 → c"]);
});

test("the emptier cell wins, and one that is starting much loses", () => {
  const used = { available: { memoryMb: 500, diskMb: 500, containers: 5 } };
  assert.deepEqual(told(auction([cell("a", used), cell("b")], [lrp("web", 0)])), ["web/0 → b"]);
  assert.deepEqual(told(auction([cell("a", used), cell("b", { startingContainerCount: 4 })], [lrp("web", 0)])), [
    "web/0 → a",
  ]);
});

test("first every process's first instance, then tasks, then the rest; the bigger first", () => {
  const room = { available: { memoryMb: 400, diskMb: 1_000, containers: 10 } };
  const placed = told(
    auction(
      [cell("a", room)],
      [lrp("small", 0), lrp("small", 1), lrp("big", 0, { memoryMb: 150 })],
      [task("t1", { memoryMb: 50 }), task("t2", { memoryMb: 100 })],
    ),
  );
  assert.deepEqual(placed, ["big/0 → a", "small/0 → a", "small/1: insufficient resources: memory", "t2 → a", "t1 → a"]);
});

test("tasks spread over cells by their number of tasks", () => {
  const placed = told(
    auction(
      [cell("a"), cell("b"), cell("c", { zone: "z2" })],
      [],
      ["t1", "t2", "t3"].map((t) => task(t)),
    ),
  );
  assert.deepEqual(placed, ["t1 → a", "t2 → b", "t3 → c"]);
});

test("only what lacks on every cell is named, in alphabetical order", () => {
  const noMemory = cell("a", { available: { memoryMb: 0, diskMb: 1_000, containers: 10 } });
  const noDisk = cell("b", { available: { memoryMb: 1_000, diskMb: 0, containers: 10 } });
  const nothing = cell("c", { available: { memoryMb: 0, diskMb: 0, containers: 0 } });
  const why = (...cells: CellState[]) => told(auction(cells, [lrp("web", 0)]))[0];
  assert.equal(why(noMemory), "web/0: insufficient resources: memory");
  assert.equal(why(nothing), "web/0: insufficient resources: containers, disk, memory");
  assert.equal(why(noMemory, nothing), "web/0: insufficient resources: memory");
  assert.equal(why(noMemory, noDisk), "web/0: insufficient resources");
  assert.equal(why(), "web/0: unable to communicate to compatible cells");
});

test("a cell is compatible with the stacks it has, the drivers it has, and the tags it wants", () => {
  const why = (one: CellState, need: Partial<ResourceNeed>) => told(auction([one], [lrp("web", 0, need)]))[0];
  assert.equal(why(cell("a"), { rootfs: "preloaded:windows" }), "web/0: found no compatible cell for required rootfs");
  assert.equal(why(cell("a"), { rootfs: "docker:///img" }), "web/0: found no compatible cell for required rootfs");
  assert.equal(why(cell("a", { rootfsProviders: { docker: [] } }), { rootfs: "docker:///img#1" }), "web/0 → a");
  const layered = cell("a", { rootfsProviders: { "preloaded+layer": ["cflinuxfs4"] } });
  assert.equal(why(layered, { rootfs: "preloaded+layer:cflinuxfs4?layer=x" }), "web/0 → a");
  assert.equal(
    why(cell("a"), { volumeDrivers: ["nfs"] }),
    "web/0: found no compatible cell with required volume drivers",
  );
  assert.equal(why(cell("a", { volumeDrivers: ["nfs"] }), { volumeDrivers: ["nfs"] }), "web/0 → a");
  assert.equal(why(cell("a", { placementTags: ["x"] }), {}), "web/0: found no compatible cell with no placement tags");
  assert.equal(why(cell("a"), { placementTags: ["x"] }), 'web/0: found no compatible cell with placement tag "x"');
  assert.equal(
    why(cell("a"), { placementTags: ["x", "y", "z"] }),
    'web/0: found no compatible cell with placement tags "x", "y" and "z"',
  );
  const tagged = cell("a", { placementTags: ["x"], optionalPlacementTags: ["y"] });
  assert.equal(why(tagged, { placementTags: ["x"] }), "web/0 → a");
  assert.equal(why(tagged, { placementTags: ["x", "y"] }), "web/0 → a");
});

test("the obstacle named is that of the cell that came furthest", () => {
  const cells = [
    cell("a", { rootfsProviders: {} }),
    cell("b", { placementTags: ["x"] }),
    cell("c", { rootfsProviders: {} }),
  ];
  assert.deepEqual(told(auction(cells, [lrp("web", 0)])), ["web/0: found no compatible cell with no placement tags"]);
});

test("no more containers are started at once than allowed", () => {
  const options = { startingContainerWeight: 0.25, startingContainerCountMax: 2 };
  const placed = told(auction([cell("a", { startingContainerCount: 1 })], [lrp("x", 0), lrp("y", 0)], [], options));
  assert.deepEqual(placed, ["x/0 → a", "y/0: waiting to start instance: reached in-flight start limit"]);
});

/** Diego's scheduler, step by step, without any of the shortcuts. */
function reference(cells: readonly CellState[], works: readonly LrpAuction[]): string[] {
  const state = cells.map((one) => ({ ...one, available: { ...one.available }, lrps: [...one.lrps] }));
  const zones = [...new Set(state.map(({ zone }) => zone))];
  const ordered = works.toSorted((a, b) => a.key.index - b.key.index || b.memoryMb - a.memoryMb);
  return ordered.map((work) => {
    const count = (one: CellState): number =>
      one.lrps.filter(({ key }) => key.processGuid === work.key.processGuid).length;
    const sorted = zones
      .map((zone) => state.filter((one) => one.zone === zone))
      .map((members) => ({ members, instances: members.reduce((sum, one) => sum + count(one), 0) }))
      .toSorted((a, b) => a.instances - b.instances);
    let winner: (typeof state)[number] | null = null;
    let best = Number.POSITIVE_INFINITY;
    for (const [at, { members, instances }] of sorted.entries()) {
      for (const one of members) {
        const { memoryMb, diskMb, containers } = one.available;
        if (memoryMb < work.memoryMb || diskMb < work.diskMb || containers < 1) continue;
        const used = (free: number, total: number): number => 1 - free / total;
        const resources =
          (used(memoryMb - work.memoryMb, one.total.memoryMb) +
            used(diskMb - work.diskMb, one.total.diskMb) +
            used(containers - 1, one.total.containers)) /
          3;
        const score = resources + one.startingContainerCount * 0.25 + 1_000 * count(one);
        if (score < best) {
          best = score;
          winner = one;
        }
      }
      if (sorted[at + 1]?.instances === instances) continue;
      if (winner !== null) break;
    }
    const name = `${work.key.processGuid}/${work.key.index}`;
    if (winner === null) return `${name}: none`;
    winner.available.memoryMb -= work.memoryMb;
    winner.available.diskMb -= work.diskMb;
    winner.available.containers--;
    winner.startingContainerCount++;
    winner.lrps.push(held(work.key.processGuid, work.key.index));
    return `${name} → ${winner.cellId}`;
  });
}

test("property: placement is what Diego's step-by-step scheduler does", () => {
  const anyCell = fc.record({
    zone: fc.constantFrom("z1", "z2", "z3"),
    memoryMb: fc.nat(1_000),
    diskMb: fc.nat(1_000),
    containers: fc.nat(10),
    starting: fc.nat(3),
    holds: fc.array(fc.constantFrom("p0", "p1"), { maxLength: 3 }),
  });
  const anyLrp = fc.record({ process: fc.nat(3), index: fc.nat(3), memoryMb: fc.integer({ min: 1, max: 300 }) });
  fc.assert(
    fc.property(
      fc.array(anyCell, { minLength: 1, maxLength: 8 }),
      fc.array(anyLrp, { maxLength: 20 }),
      (some, works) => {
        const cells = some.map((one, at) =>
          cell(`c${at}`, {
            zone: one.zone,
            available: { memoryMb: one.memoryMb, diskMb: one.diskMb, containers: one.containers },
            startingContainerCount: one.starting,
            lrps: one.holds.map((processGuid, index) => held(processGuid, index)),
          }),
        );
        const lrps = works.map((one) => lrp(`p${one.process}`, one.index, { memoryMb: one.memoryMb }));
        const placed = told(auction(cells, lrps)).map((line) => line.replace(/: .*/, ": none"));
        assert.deepEqual(placed, reference(cells, lrps));
      },
    ),
    { numRuns: 500 },
  );
});

test("property: no cell gets more than it has, and what found no place fits nowhere", () => {
  const anyNeed = fc.record({ memoryMb: fc.nat(600), diskMb: fc.nat(600) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(anyNeed, { maxLength: 30 }), (cellCount, needs) => {
      const cells = Array.from({ length: cellCount }, (_, at) => cell(`c${at}`));
      const { lrps } = auction(
        cells,
        needs.map((need, at) => lrp(`p${at}`, 0, need)),
      );
      const left = new Map(cells.map(({ cellId }) => [cellId, { ...TOTAL }]));
      for (const one of lrps) {
        if (!("cellId" in one)) {
          const fits = [...left.values()].some(
            (free) => free.memoryMb >= one.work.memoryMb && free.diskMb >= one.work.diskMb && free.containers >= 1,
          );
          assert.equal(fits, false);
          continue;
        }
        const free = left.get(one.cellId)!;
        free.memoryMb -= one.work.memoryMb;
        free.diskMb -= one.work.diskMb;
        free.containers--;
        assert.ok(free.memoryMb >= 0 && free.diskMb >= 0 && free.containers >= 0);
      }
    }),
  );
});
