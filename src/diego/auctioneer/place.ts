// The auction as a pure function: from what the cells say and the batch of work to who gets what. One work after the
// other, each placement seen by the next, as Diego does (auction/auctionrunner/scheduler.go, cell.go, zone_sorter.go;
// rep/resources.go). Ten thousand LRPs on a thousand cells are ten million scores, hence plain arrays of numbers, cells
// filtered once for each constraint, and instances counted per process instead of searched.
import type { CellState, ResourceNeed } from "../../protocol/cell.ts";
import type { LrpAuction, Placement, Placements, TaskAuction } from "./model.ts";
import {
  CELL_COMMUNICATION,
  EXCEEDED_STARTS,
  furthest,
  type Mismatch,
  mismatchOf,
  mismatchText,
} from "./placement-constraint.ts";

/** One more instance of the same process on a cell outweighs everything else. Diego: LocalityOffset */
const LOCALITY = 1000;
/** Scores between two yields: some milliseconds. */
const SCORES_PER_YIELD = 200_000;

export interface PlaceOptions {
  readonly startingContainerWeight: number;
  /** 0: no limit. */
  readonly startingContainerCountMax: number;
}

interface Candidates {
  /** Cell numbers by zone number; zones without a compatible cell are left out. */
  readonly zones: readonly { readonly zone: number; readonly cells: readonly number[] }[];
  readonly cellCount: number;
  readonly mismatch: Mismatch | null;
}

const NO_COUNTS: ReadonlyMap<number, number> = new Map();

/** Places index-0 LRPs, then tasks, then the other LRPs; by index, then the bigger first. Yields now and then. */
export function* place(
  cells: readonly CellState[],
  batch: { readonly lrps: readonly LrpAuction[]; readonly tasks: readonly TaskAuction[] },
  options: PlaceOptions,
): Generator<void, Placements> {
  if (cells.length === 0) {
    const refuse = <Work>(work: Work): Placement<Work> => ({ work, placementError: CELL_COMMUNICATION });
    return { lrps: batch.lrps.map(refuse), tasks: batch.tasks.map(refuse) };
  }
  const auction = new Auction(cells, options);
  const lrps = batch.lrps.toSorted((a, b) => a.key.index - b.key.index || b.memoryMb - a.memoryMb);
  const tasks = batch.tasks.toSorted((a, b) => b.memoryMb - a.memoryMb);
  const firstOther = lrps.findIndex((lrp) => lrp.key.index > 0);
  const split = firstOther === -1 ? lrps.length : firstOther;
  const lrpPlacements: Placement<LrpAuction>[] = [];
  const taskPlacements: Placement<TaskAuction>[] = [];
  for (const lrp of lrps.slice(0, split)) {
    lrpPlacements.push(auction.lrp(lrp));
    if (auction.isYieldDue()) yield;
  }
  for (const task of tasks) {
    taskPlacements.push(auction.task(task));
    if (auction.isYieldDue()) yield;
  }
  for (const lrp of lrps.slice(split)) {
    lrpPlacements.push(auction.lrp(lrp));
    if (auction.isYieldDue()) yield;
  }
  return { lrps: lrpPlacements, tasks: taskPlacements };
}

class Auction {
  readonly #cells: readonly CellState[];
  readonly #options: PlaceOptions;
  readonly #zoneOf: number[];
  readonly #zoneCount: number;
  readonly #freeMemoryMb: Float64Array;
  readonly #freeDiskMb: Float64Array;
  readonly #freeContainers: Float64Array;
  readonly #memoryMb: Float64Array;
  readonly #diskMb: Float64Array;
  readonly #containers: Float64Array;
  readonly #starting: Float64Array;
  readonly #tasks: Float64Array;
  /** Process guid → cell number → instances. */
  readonly #instances = new Map<string, Map<number, number>>();
  readonly #candidates = new Map<string, Candidates>();
  #startsInFlight = 0;
  #scores = 0;

  constructor(cells: readonly CellState[], options: PlaceOptions) {
    this.#cells = cells;
    this.#options = options;
    const zones = new Map<string, number>();
    this.#zoneOf = cells.map(({ zone }) => {
      const known = zones.get(zone) ?? zones.size;
      zones.set(zone, known);
      return known;
    });
    this.#zoneCount = zones.size;
    const numbers = (of: (cell: CellState) => number): Float64Array => Float64Array.from(cells, of);
    this.#freeMemoryMb = numbers((cell) => cell.available.memoryMb);
    this.#freeDiskMb = numbers((cell) => cell.available.diskMb);
    this.#freeContainers = numbers((cell) => cell.available.containers);
    this.#memoryMb = numbers((cell) => cell.total.memoryMb);
    this.#diskMb = numbers((cell) => cell.total.diskMb);
    this.#containers = numbers((cell) => cell.total.containers);
    this.#starting = numbers((cell) => cell.startingContainerCount);
    this.#tasks = numbers((cell) => cell.tasks.length);
    for (const [number, cell] of cells.entries()) {
      for (const { key } of cell.lrps) this.#count(key.processGuid, number);
      this.#startsInFlight += cell.startingContainerCount;
    }
  }

  isYieldDue(): boolean {
    if (this.#scores < SCORES_PER_YIELD) return false;
    this.#scores = 0;
    return true;
  }

  lrp(work: LrpAuction): Placement<LrpAuction> {
    const { processGuid } = work.key;
    if (this.#isStartLimitReached()) return { work, placementError: EXCEEDED_STARTS };
    const candidates = this.#candidatesFor(work);
    if (candidates.mismatch !== null) {
      return { work, placementError: mismatchText(candidates.mismatch, work.placementTags) };
    }
    const counts = this.#instances.get(processGuid) ?? NO_COUNTS;
    const perZone = new Array<number>(this.#zoneCount).fill(0);
    for (const [cell, count] of counts) perZone[this.#zoneOf[cell]!]! += count;
    // Zones with the fewest instances first; equal ones compete with each other.
    const zones = candidates.zones.toSorted((a, b) => perZone[a.zone]! - perZone[b.zone]!);
    let winner = -1;
    let winnerScore = Number.POSITIVE_INFINITY;
    for (const [at, { zone, cells }] of zones.entries()) {
      for (const cell of cells) {
        if (!this.#fits(cell, work)) continue;
        const score = this.#score(cell, work) + LOCALITY * (counts.get(cell) ?? 0);
        if (score < winnerScore) {
          winner = cell;
          winnerScore = score;
        }
      }
      const next = zones[at + 1];
      if (winner !== -1 && (next === undefined || perZone[next.zone] !== perZone[zone])) break;
    }
    if (winner === -1) return { work, placementError: this.#insufficient(candidates, work) };
    this.#reserve(winner, work);
    this.#count(processGuid, winner);
    return { work, cellId: this.#cells[winner]!.cellId };
  }

  task(work: TaskAuction): Placement<TaskAuction> {
    if (this.#isStartLimitReached()) return { work, placementError: EXCEEDED_STARTS };
    const candidates = this.#candidatesFor(work);
    if (candidates.mismatch !== null) {
      return { work, placementError: mismatchText(candidates.mismatch, work.placementTags) };
    }
    let winner = -1;
    let winnerScore = Number.POSITIVE_INFINITY;
    for (const { cells } of candidates.zones) {
      for (const cell of cells) {
        if (!this.#fits(cell, work)) continue;
        const score = this.#score(cell, work) + LOCALITY * this.#tasks[cell]!;
        if (score < winnerScore) {
          winner = cell;
          winnerScore = score;
        }
      }
    }
    if (winner === -1) return { work, placementError: this.#insufficient(candidates, work) };
    this.#reserve(winner, work);
    this.#tasks[winner]!++;
    return { work, cellId: this.#cells[winner]!.cellId };
  }

  #isStartLimitReached(): boolean {
    const { startingContainerCountMax } = this.#options;
    return startingContainerCountMax > 0 && this.#startsInFlight >= startingContainerCountMax;
  }

  #candidatesFor(need: ResourceNeed): Candidates {
    const id = JSON.stringify([need.rootfs, need.volumeDrivers, need.placementTags]);
    const known = this.#candidates.get(id);
    if (known !== undefined) return known;
    const zones: { zone: number; cells: number[] }[] = [];
    const byZone = new Map<number, number[]>();
    let mismatch: Mismatch | null = null;
    let cellCount = 0;
    for (const [number, cell] of this.#cells.entries()) {
      const obstacle = mismatchOf(cell, need);
      if (obstacle !== null) {
        mismatch = furthest(mismatch, obstacle);
        continue;
      }
      cellCount++;
      const zone = this.#zoneOf[number]!;
      let cells = byZone.get(zone);
      if (cells === undefined) {
        cells = [];
        byZone.set(zone, cells);
        zones.push({ zone, cells });
      }
      cells.push(number);
    }
    const candidates: Candidates = { zones, cellCount, mismatch: cellCount > 0 ? null : mismatch };
    this.#candidates.set(id, candidates);
    return candidates;
  }

  #fits(cell: number, need: ResourceNeed): boolean {
    this.#scores++;
    return (
      this.#freeMemoryMb[cell]! >= need.memoryMb &&
      this.#freeDiskMb[cell]! >= need.diskMb &&
      this.#freeContainers[cell]! >= 1
    );
  }

  /** Share of the cell that would be used, averaged over memory, disk and containers, plus what is starting there. */
  #score(cell: number, need: ResourceNeed): number {
    const memory = 1 - (this.#freeMemoryMb[cell]! - need.memoryMb) / this.#memoryMb[cell]!;
    const disk = 1 - (this.#freeDiskMb[cell]! - need.diskMb) / this.#diskMb[cell]!;
    const containers = 1 - (this.#freeContainers[cell]! - 1) / this.#containers[cell]!;
    return (memory + disk + containers) / 3 + this.#starting[cell]! * this.#options.startingContainerWeight;
  }

  /** Names only what lacks on every compatible cell. */
  #insufficient(candidates: Candidates, need: ResourceNeed): string {
    let containers = true;
    let disk = true;
    let memory = true;
    for (const { cells } of candidates.zones) {
      for (const cell of cells) {
        if (this.#freeContainers[cell]! >= 1) containers = false;
        if (this.#freeDiskMb[cell]! >= need.diskMb) disk = false;
        if (this.#freeMemoryMb[cell]! >= need.memoryMb) memory = false;
      }
    }
    const problems = [containers && "containers", disk && "disk", memory && "memory"].filter((name) => name !== false);
    return problems.length === 0 ? "insufficient resources" : `insufficient resources: ${problems.join(", ")}`;
  }

  #reserve(cell: number, need: ResourceNeed): void {
    this.#freeMemoryMb[cell]! -= need.memoryMb;
    this.#freeDiskMb[cell]! -= need.diskMb;
    this.#freeContainers[cell]!--;
    this.#starting[cell]!++;
    this.#startsInFlight++;
  }

  #count(processGuid: string, cell: number): void {
    let counts = this.#instances.get(processGuid);
    if (counts === undefined) {
      counts = new Map();
      this.#instances.set(processGuid, counts);
    }
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
}
