import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../kit/clock.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import type { AuctioneerClient } from "../auctioneer/client.ts";
import { holdLock, type LocketClient } from "../locket/client.ts";
import type { RepClientOf } from "../rep/client.ts";
import { actualLrpFlows } from "./actual-lrp-flows.ts";
import { Cells, watchCells } from "./cells.ts";
import type { BbsClient, BbsEvacuationClient } from "./client.ts";
import { type BbsConfig, withDefaults } from "./config.ts";
import type { BbsContext } from "./context.ts";
import { Converger } from "./converger.ts";
import { desiredLrpFlows } from "./desired-lrp-flows.ts";
import { BbsError } from "./errors.ts";
import { evacuationFlows } from "./evacuation-flows.ts";
import { Journal } from "./journal.ts";
import { BbsState } from "./state.ts";
import type { LrpStore } from "./store.ts";
import { sqliteLrpStore } from "./store-sqlite.ts";
import { taskFlows } from "./task-flows.ts";
import { WorkPool } from "./work-pool.ts";

/** Calls at once to reps and the auctioneer (Diego: UpdateWorkers 1000 threads; ours wait on the event loop). */
const CALLS_AT_ONCE = 100;
const CALLBACKS_AT_ONCE = 50;
const JOBS_WAITING_MAX = 100_000;

export interface BbsDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly locket: LocketClient;
  /** Null until there is one: what it misses is auctioned by convergence. The auctioneer needs the BBS first. */
  readonly auctioneer: () => AuctioneerClient | null;
  readonly repOf: RepClientOf;
  readonly http: HttpClient;
  /** Default: SQLite at `config.databasePath`. */
  readonly store?: LrpStore;
  readonly metrics?: Metrics;
  /** Lets the event loop go on between two slices of work. Default `setImmediate`. */
  readonly pause?: () => Promise<void>;
}

export interface Bbs extends AsyncDisposable {
  readonly client: BbsClient & BbsEvacuationClient;
  /** Aborts when the BBS has given up (its lock is lost, the disk failed): it must be disposed of and started anew. */
  readonly failed: AbortSignal;
}

/**
 * Waits for the lock `bbs`, loads everything and serves. What ran when the last BBS died is still CLAIMED or RUNNING, so
 * that cells which come back find it. Disposal stops the loops, writes what is pending and gives the lock back.
 */
export async function startBbs(config: BbsConfig, deps: BbsDeps): Promise<Bbs> {
  const { clock, random, log, locket } = deps;
  const settings = withDefaults(config);
  const pause = deps.pause ?? (() => setImmediate<void>(undefined));
  const stopping = new AbortController();
  const failed = new AbortController();
  let journal: Journal | null = null;
  const fail = (error: unknown): void => {
    if (failed.signal.aborted || stopping.signal.aborted) return;
    log.error("the BBS gives up", { error });
    journal?.stop("the BBS gave up", error);
    failed.abort(error);
    stopping.abort(error);
  };

  const releasing = new AbortController();
  const lock = holdLock(
    { key: "bbs", owner: random.guid(), value: "", type: "lock" },
    { locket, clock, log },
    releasing.signal,
  );
  lock.lost.addEventListener("abort", () => fail(lock.lost.reason));
  await lock.acquired;

  const store = deps.store ?? openStore();
  function openStore(): LrpStore {
    try {
      return sqliteLrpStore(config.databasePath);
    } catch (error) {
      releasing.abort();
      throw error;
    }
  }
  journal = new Journal(store, fail);
  const state = new BbsState(journal, clock);
  state.load(await store.load());

  const jobFailed = (error: unknown): void => {
    if (!stopping.signal.aborted) log.warn("a call failed; convergence will see to it", { error });
  };
  const calls = new WorkPool(CALLS_AT_ONCE, JOBS_WAITING_MAX, jobFailed);
  const callbacks = new WorkPool(CALLBACKS_AT_ONCE, JOBS_WAITING_MAX, jobFailed);
  const cells = new Cells(locket, clock);
  const ctx: BbsContext = {
    settings,
    state,
    cells,
    clock,
    random,
    log,
    http: deps.http,
    auctioneer: deps.auctioneer,
    repOf: deps.repOf,
    calls,
    callbacks,
    kick: () => converger.kick(),
    stopping: stopping.signal,
  };
  const converger = new Converger(ctx, pause, deps.metrics);
  const loops = [
    converger.run(),
    watchCells(settings.cellPollMs, { cells, clock, log, changed: () => converger.kick() }, stopping.signal),
  ];
  log.info("BBS ready", { desired: state.lrps.desired.size, actual: state.lrps.actualCount, tasks: state.tasks.size });

  const client: Bbs["client"] = {
    ...evacuationFlows(ctx),
    ...desiredLrpFlows(ctx),
    ...actualLrpFlows(ctx),
    ...taskFlows(ctx),
    domains: async () => {
      await state.settled();
      return [...state.freshDomains()];
    },
    upsertDomain: async (domain, ttlSeconds, signal) => {
      signal.throwIfAborted();
      if (domain === "") throw new BbsError("InvalidRequest", "Invalid field: domain");
      const expiresAtMs = ttlSeconds === 0 ? Number.POSITIVE_INFINITY : clock.nowMs() + ttlSeconds * 1000;
      await state.commit({ domains: [{ domain, expiresAtMs }] });
    },
    cells: async (signal) => [...(await cells.all(signal)).values()],
    lrpEvents: (signal) => state.lrpEvents.subscribe(AbortSignal.any([signal, stopping.signal])),
    taskEvents: (signal) => state.taskEvents.subscribe(AbortSignal.any([signal, stopping.signal])),
  };

  return {
    client,
    failed: failed.signal,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      state.lrpEvents.close();
      state.taskEvents.close();
      await Promise.all([...loops, calls.close(), callbacks.close()]);
      await journal?.close();
      await store[Symbol.asyncDispose]();
      releasing.abort();
      await lock.released;
    },
  };
}
