import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import { runSliced } from "../../kit/sliced.ts";
import type { CellPresence, CellState, CellWork, LrpWork, TaskWork } from "../../protocol/cell.ts";
import type { BbsClient } from "../bbs/client.ts";
import { holdLock, type LocketClient } from "../locket/client.ts";
import type { RepClientOf } from "../rep/client.ts";
import { Batch } from "./batch.ts";
import type { AuctioneerClient } from "./client.ts";
import { type AuctioneerConfig, withDefaults } from "./config.ts";
import type { LrpAuction, Placements, TaskAuction } from "./model.ts";
import { place } from "./place.ts";

/** Limit of one call to the BBS. */
const BBS_MS = 10_000;
/** Pause after a failed auction, and of an auctioneer that works without its lock. */
const RETRY_MS = 1_000;
/** Rounds of asking for states when no cell answers. Diego: auction/auctionrunner/zone_builder.go */
const STATE_ROUNDS_MAX = 4;
/** An auction waits this long for cells that are slow to take their work; the next one does without them. */
const PERFORM_GRACE_MS = 1_000;
const RESULTS_AT_ONCE = 100;
/** How long the first cell is waited for, where there is none at all. */
const FIRST_CELL_MS = 5_000;
const FIRST_CELL_LOOK_MS = 50;
const REFUSED = "insufficient resources";

export interface AuctioneerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly bbs: Pick<BbsClient, "cells" | "failActualLrp" | "rejectTask">;
  readonly locket: LocketClient;
  readonly repOf: RepClientOf;
  readonly metrics?: Metrics;
  /** Lets the event loop go on between two slices of work. Default `setImmediate`. */
  readonly pause?: () => Promise<void>;
}

export interface Auctioneer extends AsyncDisposable {
  readonly client: AuctioneerClient;
  /** Resolves when the lock is held and auctions take place. */
  readonly active: Promise<void>;
  /** Aborted when the lock is lost: it must be disposed of and started anew. */
  readonly failed: AbortSignal;
}

/**
 * Starts the auctioneer. It takes requests at once and auctions them while it holds the lock `auctioneer`. What it has
 * in memory when it dies is asked for again by the BBS's convergence.
 */
export async function startAuctioneer(config: AuctioneerConfig, deps: AuctioneerDeps): Promise<Auctioneer> {
  const { clock, random, log, bbs, locket, repOf } = deps;
  const settings = withDefaults(config);
  const pause = deps.pause ?? (() => setImmediate<void>(undefined));
  const stopping = new AbortController();
  const failed = new AbortController();
  const batch = new Batch();
  /** Cells that have not yet taken their work of an earlier auction: nobody knows what room they have. */
  const busy = new Map<string, Promise<void>>();
  const duration = deps.metrics?.histogram(
    "ingot_auctioneer_auction_seconds",
    "An auction, the cells' answers included.",
  );
  const results = deps.metrics?.counter("ingot_auctioneer_results_total", "Placements.", ["kind", "result"]);
  const releasing = new AbortController();
  const lock = holdLock(
    { key: "auctioneer", owner: random.guid(), value: "", type: "lock" },
    { locket, clock, log },
    releasing.signal,
  );
  lock.lost.addEventListener("abort", () => {
    failed.abort(lock.lost.reason);
    stopping.abort(lock.lost.reason);
  });
  const loop = run();

  async function run(): Promise<void> {
    await lock.acquired.catch(() => undefined);
    while (!stopping.signal.aborted) {
      await batch.hasWork(stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await auction();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn("auction failed", { error });
        await clock.sleep(RETRY_MS, stopping.signal).catch(() => undefined);
      }
    }
  }

  async function auction(): Promise<void> {
    const startMs = clock.steadyMs();
    const cells = await firstCells();
    // Without a single cell an auction would only fail everything.
    if (busy.size > 0 && cells.every(({ cellId }) => busy.has(cellId))) await Promise.race(busy.values());
    const states = await cellStates(cells);
    // Only now: what came in while the cells were asked belongs to this auction too.
    const work = batch.drain();
    const { startingContainerWeight, startingContainerCountMax } = settings;
    const placements = await runSliced(
      place(states, work, { startingContainerWeight, startingContainerCountMax }),
      clock,
      pause,
    );
    await commit(placements, cells);
    duration?.observe((clock.steadyMs() - startMs) / 1000);
    await taken();
  }

  /** Where everything starts at once, work may be there before the first cell: failing it would cost it the BBS's 30 seconds. */
  async function firstCells(): Promise<CellPresence[]> {
    const untilMs = clock.steadyMs() + FIRST_CELL_MS;
    for (;;) {
      const cells = await bbs.cells(clock.deadline(BBS_MS, stopping.signal));
      if (cells.length > 0 || clock.steadyMs() >= untilMs) return cells;
      await clock.sleep(FIRST_CELL_LOOK_MS, stopping.signal);
    }
  }

  async function cellStates(cells: readonly CellPresence[]): Promise<CellState[]> {
    for (let round = 1; ; round++) {
      const answers = await Promise.all(cells.filter(({ cellId }) => !busy.has(cellId)).map(stateOf));
      const states = answers.filter((state) => state !== null);
      // In the order of their names: the same state gives the same auction.
      states.sort((a, b) => (a.cellId < b.cellId ? -1 : 1));
      if (states.length > 0 || cells.length === 0 || round === STATE_ROUNDS_MAX) return states;
    }
  }

  /** Null for a cell that is silent, evacuating or not who it says. */
  async function stateOf(cell: CellPresence): Promise<CellState | null> {
    try {
      const state = await within(settings.cellStateMs, (signal) => repOf(cell).state(signal));
      return state.evacuating || state.cellId !== cell.cellId ? null : state;
    } catch (error) {
      if (!stopping.signal.aborted) log.warn("no state from cell", { cellId: cell.cellId, error });
      return null;
    }
  }

  async function commit(placements: Placements, cells: readonly CellPresence[]): Promise<void> {
    const reps = new Map(cells.map((cell) => [cell.cellId, cell]));
    const byCell = new Map<string, { lrps: LrpAuction[]; tasks: TaskAuction[] }>();
    const workOf = (cellId: string): { lrps: LrpAuction[]; tasks: TaskAuction[] } => {
      const work = byCell.get(cellId) ?? { lrps: [], tasks: [] };
      byCell.set(cellId, work);
      return work;
    };
    const failures: (() => Promise<void>)[] = [];
    for (const placement of placements.lrps) {
      results?.add({ kind: "lrp", result: "cellId" in placement ? "placed" : "failed" });
      if ("cellId" in placement) workOf(placement.cellId).lrps.push(placement.work);
      else failures.push(() => failLrp(placement.work, placement.placementError));
    }
    for (const placement of placements.tasks) {
      results?.add({ kind: "task", result: "cellId" in placement ? "placed" : "failed" });
      if ("cellId" in placement) workOf(placement.cellId).tasks.push(placement.work);
      else failures.push(() => failTask(placement.work, placement.placementError));
    }
    for (const [cellId, work] of byCell) {
      const taking = perform(reps.get(cellId), work).finally(() => busy.delete(cellId));
      busy.set(cellId, taking);
    }
    await tell(failures);
    log.info("auction held", {
      lrps: placements.lrps.length,
      tasks: placements.tasks.length,
      cells: byCell.size,
      failed: failures.length,
    });
  }

  /** Waits for the cells that are taking work, no longer than the grace. */
  async function taken(): Promise<void> {
    if (busy.size === 0) return;
    const over = new AbortController();
    const grace = clock.sleep(PERFORM_GRACE_MS, AbortSignal.any([over.signal, stopping.signal]));
    await Promise.race([Promise.all(busy.values()), grace.catch(() => undefined)]);
    over.abort();
  }

  async function tell(failures: readonly (() => Promise<void>)[]): Promise<void> {
    for (let from = 0; from < failures.length; from += RESULTS_AT_ONCE) {
      await Promise.all(failures.slice(from, from + RESULTS_AT_ONCE).map((report) => report()));
    }
  }

  /** Hands its work to one cell. What it gives back goes into the next auction, or fails after too many. */
  async function perform(
    cell: CellPresence | undefined,
    work: { readonly lrps: readonly LrpAuction[]; readonly tasks: readonly TaskAuction[] },
  ): Promise<void> {
    if (cell === undefined) return;
    const failures: (() => Promise<void>)[] = [];
    const wanted: CellWork = { cellId: cell.cellId, lrps: work.lrps.map(lrpWork), tasks: work.tasks.map(taskWork) };
    let refused: CellWork;
    try {
      refused = await within(settings.performMs, (signal) => repOf(cell).perform(wanted, signal));
    } catch (error) {
      // Part of it may have started: another auction now could make doubles. Convergence finds out.
      if (!stopping.signal.aborted) log.warn("cell did not take its work", { cellId: cell.cellId, error });
      return;
    }
    const refusedLrps = new Set(refused.lrps.map(({ key }) => `${key.processGuid}.${key.index}`));
    const refusedTasks = new Set(refused.tasks.map(({ taskGuid }) => taskGuid));
    const again = { lrps: [] as LrpAuction[], tasks: [] as TaskAuction[] };
    for (const lrp of work.lrps) {
      if (!refusedLrps.has(`${lrp.key.processGuid}.${lrp.key.index}`)) continue;
      if (lrp.attempts + 1 < settings.attemptsMax) again.lrps.push({ ...lrp, attempts: lrp.attempts + 1 });
      else failures.push(() => failLrp(lrp, REFUSED));
    }
    for (const task of work.tasks) {
      if (!refusedTasks.has(task.taskGuid)) continue;
      if (task.attempts + 1 < settings.attemptsMax) again.tasks.push({ ...task, attempts: task.attempts + 1 });
      else failures.push(() => failTask(task, REFUSED));
    }
    if (again.lrps.length + again.tasks.length > 0) batch.addRefused(again.lrps, again.tasks);
    await tell(failures);
  }

  async function failLrp(lrp: LrpAuction, placementError: string): Promise<void> {
    await bbs
      .failActualLrp(lrp.key, placementError, clock.deadline(BBS_MS, stopping.signal))
      .catch((error: unknown) => log.warn("placement error not told", { ...lrp.key, placementError, error }));
  }

  async function failTask(task: TaskAuction, placementError: string): Promise<void> {
    await bbs
      .rejectTask(task.taskGuid, placementError, clock.deadline(BBS_MS, stopping.signal))
      .catch((error: unknown) => log.warn("rejection not told", { taskGuid: task.taskGuid, placementError, error }));
  }

  /** A call that ends after `ms` even when the callee ignores its signal: one cell never stalls an auction. */
  async function within<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = clock.deadline(ms, stopping.signal);
    limit.throwIfAborted();
    let stop = (): void => undefined;
    const over = new Promise<never>((_resolve, reject) => {
      stop = () => reject(limit.reason);
      limit.addEventListener("abort", stop, { once: true });
    });
    try {
      return await Promise.race([call(limit), over]);
    } finally {
      limit.removeEventListener("abort", stop);
    }
  }

  return {
    client: {
      requestLrpAuctions: async (requests) => batch.addRequests(requests),
      requestTaskAuctions: async (requests) => batch.addTaskRequests(requests),
    },
    active: lock.acquired,
    failed: failed.signal,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      releasing.abort();
      await loop;
      await lock.released;
    },
  };
}

function lrpWork({ key, memoryMb, diskMb, maxPids, rootfs, placementTags, volumeDrivers }: LrpAuction): LrpWork {
  return { key, instanceGuid: "", memoryMb, diskMb, maxPids, rootfs, placementTags, volumeDrivers };
}

function taskWork(task: TaskAuction): TaskWork {
  const { taskGuid, domain, memoryMb, diskMb, maxPids, rootfs, placementTags, volumeDrivers } = task;
  return { taskGuid, domain, memoryMb, diskMb, maxPids, rootfs, placementTags, volumeDrivers };
}
