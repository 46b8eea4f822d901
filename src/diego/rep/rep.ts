import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { CellWork } from "../../protocol/cell.ts";
import type { ActualLrpInstanceKey, ActualLrpKey } from "../../protocol/lrp.ts";
import type { BbsClient, BbsEvacuationClient } from "../bbs/client.ts";
import type { AllocationRequest, Container, ExecutorClient } from "../executor/client.ts";
import type { LocketClient } from "../locket/client.ts";
import { bbsErrorType } from "./bbs-error-type.ts";
import { bulkOperations, type Operation } from "./bulk-operations.ts";
import { cellStateOf } from "./cell-state.ts";
import type { RepClient } from "./client.ts";
import { REP_DEFAULTS, type RepConfig } from "./config.ts";
import { evacuateLrp } from "./evacuation-processor.ts";
import { BBS_CALL_MS, processLrp } from "./lrp-processor.ts";
import { OperationQueue } from "./operation-queue.ts";
import { keepPresence } from "./presence.ts";
import { MISSING_CONTAINER, processTask } from "./task-processor.ts";

/** Instance guids are shorter than other guids. Diego: rep/auctioncellrep/helpers.go */
const INSTANCE_GUID_LENGTH = 28;
/** After a comparison that failed the next one comes sooner. */
const SYNC_RETRY_MS = 1_000;
const STOP_PASSES_MAX = 3;
/** How long disposal waits for operations: the executor, which goes next, cuts off what is left. */
const DISPOSE_WAIT_MS = 1_000;
/** What the BBS says about tasks whose cell is gone. Diego: bbs/models, task convergence */
const CELL_GONE = "cell disappeared before completion";

export interface RepDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly bbs: BbsClient & BbsEvacuationClient;
  readonly locket: LocketClient;
  readonly executor: ExecutorClient;
}

export interface StartedRep extends AsyncDisposable {
  readonly client: RepClient;
  /** `acquired` resolves when the BBS and the auctioneer can see the cell. */
  readonly presence: { readonly acquired: Promise<void> };
  /**
   * Empties the cell: it takes no more work, every instance is replaced elsewhere and goes once its replacement runs, tasks end
   * by themselves. Resolves when nothing is left, at the latest soon after the time limit, when what is left is stopped.
   * Rejects when the rep is disposed before. Diego: rep/evacuation
   */
  evacuate(): Promise<void>;
  /** Stops and removes every container gracefully, then gives the presence back. For the end of the whole platform. */
  stopAll(): Promise<void>;
}

/** The cell's voice: takes work, runs it, tells the BBS. Disposal leaves everything running. Diego: rep/cmd/rep */
export async function startRep(config: RepConfig, deps: RepDeps): Promise<StartedRep> {
  const rep = new Rep(config, deps);
  rep.start();
  return rep;
}

class Rep implements RepClient, StartedRep {
  readonly presence: { readonly acquired: Promise<void> };
  readonly #config: RepConfig;
  readonly #deps: RepDeps;
  readonly #queue = new OperationQueue();
  readonly #end = new AbortController();
  readonly #acquired = Promise.withResolvers<void>();
  #takesWork = true;
  #evacuating: Promise<void> | null = null;
  #presenceLost = false;
  #stopping = false;
  #gaveUp = false;
  #wakeSync: AbortController = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #subscription: Disposable | null = null;

  constructor(config: RepConfig, deps: RepDeps) {
    this.#config = config;
    this.#deps = deps;
    this.presence = { acquired: this.#acquired.promise };
  }

  get client(): RepClient {
    return this;
  }

  start(): void {
    const { executor, random } = this.#deps;
    this.#subscription = executor.onChange((guid) => this.#push({ kind: "container", guid }));
    const owner = this.#config.presenceOwner ?? random.guid();
    const acquired = (): void => {
      this.#acquired.resolve();
      this.#presenceLost = false;
      this.#wakeSync.abort(); // convergence may already have looked while the cell could not be seen
    };
    const lost = (): void => {
      this.#presenceLost = true;
    };
    this.#loops = Promise.all([
      keepPresence(this.#config, owner, this.#deps, { acquired, lost, gaveUp: () => this.#gaveUp }, this.#end.signal),
      this.#syncLoop(),
    ]);
  }

  async state(): ReturnType<RepClient["state"]> {
    const { executor } = this.#deps;
    return cellStateOf(this.#config, {
      containers: executor.list(),
      total: executor.totalResources(),
      available: executor.remainingResources(),
      evacuating: !this.#takesWork,
    });
  }

  /** Diego: rep/auctioncellrep/auction_cell_rep.go, Perform */
  async perform(work: CellWork): Promise<CellWork> {
    const { cellId, stacks } = this.#config;
    if (work.cellId !== "" && work.cellId !== cellId) throw new Error("workload cell ID does not match this cell");
    // A cell that others may think lost must not begin what they are placing elsewhere.
    if (!this.#takesWork || this.#presenceLost) return work;
    const isKnown = (rootfs: string): boolean => {
      const [scheme, stack = ""] = rootfs.split(":", 2);
      return scheme === "preloaded" && stacks.includes(stack);
    };
    const requests = new Map<string, AllocationRequest>();
    const lrpsByGuid = new Map<string, CellWork["lrps"][number]>();
    const refusedLrps = work.lrps.filter((lrp) => !isKnown(lrp.rootfs));
    const refusedTasks = work.tasks.filter((task) => !isKnown(task.rootfs));
    for (const lrp of work.lrps.toSorted((a, b) => b.memoryMb - a.memoryMb)) {
      if (refusedLrps.includes(lrp)) continue;
      const { key, instanceGuid: wanted, ...need } = lrp;
      const instanceGuid = wanted || this.#deps.random.guid().slice(0, INSTANCE_GUID_LENGTH);
      lrpsByGuid.set(instanceGuid, lrp);
      requests.set(instanceGuid, { guid: instanceGuid, owner: { kind: "lrp", key, instanceGuid }, need });
    }
    for (const task of work.tasks) {
      if (refusedTasks.includes(task)) continue;
      const { taskGuid, domain, ...need } = task;
      // Auctioned twice (convergence asks again for what is still PENDING): it is here already, not refused.
      if (this.#deps.executor.get(taskGuid) !== null) continue;
      requests.set(taskGuid, { guid: taskGuid, owner: { kind: "task", taskGuid, domain }, need });
    }
    for (const { guid, reason } of await this.#deps.executor.allocate([...requests.values()])) {
      this.#deps.log.info("work refused", { guid, reason });
      const lrp = lrpsByGuid.get(guid);
      if (lrp !== undefined) refusedLrps.push(lrp);
      else refusedTasks.push(...work.tasks.filter((task) => task.taskGuid === guid));
    }
    return { cellId: work.cellId, lrps: refusedLrps, tasks: refusedTasks };
  }

  async stopLrpInstance(_key: ActualLrpKey, instanceKey: ActualLrpInstanceKey): Promise<void> {
    await this.#deps.executor.stop(instanceKey.instanceGuid);
  }

  async updateLrpInstance(update: Parameters<RepClient["updateLrpInstance"]>[0]): Promise<void> {
    const { instanceKey, internalRoutes, metricTags } = update;
    await this.#deps.executor.update(instanceKey.instanceGuid, { internalRoutes, metricTags });
    this.#push({ kind: "container", guid: instanceKey.instanceGuid });
  }

  async cancelTask(taskGuid: string): Promise<void> {
    await this.#deps.executor.destroy(taskGuid);
  }

  evacuate(): Promise<void> {
    this.#takesWork = false;
    this.#evacuating ??= this.#empty();
    return this.#evacuating;
  }

  async #empty(): Promise<void> {
    const { executor, clock, log } = this.#deps;
    const { signal } = this.#end;
    const { evacuationPollingIntervalMs: pollMs, evacuationTimeoutMs: timeoutMs } = {
      ...REP_DEFAULTS,
      ...this.#config,
    };
    const endMs = clock.steadyMs() + timeoutMs;
    while (executor.list().length > 0) {
      if (clock.steadyMs() >= endMs) {
        log.warn("evacuation took too long; what is left is stopped", { containers: executor.list().length });
        await this.stopAll();
        break;
      }
      for (const { guid } of executor.list()) this.#push({ kind: "container", guid });
      await clock.sleep(Math.min(pollMs, Math.max(0, endMs - clock.steadyMs())), signal);
    }
    // Records of what has gone without being told end now, not at some comparison after this.
    await this.#sync().catch((error: unknown) => log.warn("comparison with the BBS failed", { error }));
    await this.#queue.idle();
  }

  async stopAll(): Promise<void> {
    const { executor } = this.#deps;
    // The BBS keeps believing in the instances: the next start finds the holes at once and fills them.
    this.#takesWork = false;
    this.#stopping = true;
    for (let pass = 1; pass <= STOP_PASSES_MAX && executor.list().length > 0; pass++) {
      await Promise.all(executor.list().map((container) => this.#remove(container)));
      await this.#queue.idle(); // what was begun before may have made another one
    }
    this.#gaveUp = true;
  }

  async #remove({ guid, owner }: Container): Promise<void> {
    const { executor, bbs, clock, log } = this.#deps;
    await executor
      .destroy(guid)
      .catch((error: unknown) => log.error("container could not be removed", { guid, error }));
    if (owner.kind !== "task") return;
    const outcome = { failed: true, failureReason: CELL_GONE, result: "" };
    await bbs
      .completeTask(owner.taskGuid, this.#config.cellId, outcome, clock.deadline(BBS_CALL_MS))
      .catch((error: unknown) => log.info("the end of a task was not taken", { guid, error }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    this.#acquired.promise.catch(() => undefined);
    this.#acquired.reject(new Error("the rep goes away"));
    this.#end.abort(new Error("the rep goes away"));
    await this.#loops;
    const waited = new AbortController();
    await Promise.race([
      this.#queue.idle(),
      this.#deps.clock.sleep(DISPOSE_WAIT_MS, waited.signal).catch(() => undefined),
    ]);
    waited.abort();
  }

  #push(operation: Operation): void {
    if (this.#stopping || this.#end.signal.aborted) return;
    this.#queue.push(operation.guid, async () => {
      if (this.#stopping || this.#end.signal.aborted) return;
      try {
        await this.#execute(operation);
      } catch (error) {
        if (this.#end.signal.aborted || this.#stopping) return;
        this.#deps.log.warn("operation failed; the next comparison tries again", {
          operation: operation.kind,
          guid: operation.guid,
          error,
        });
      }
    });
  }

  /** Diego: rep/generator/operation.go */
  async #execute(operation: Operation): Promise<void> {
    const { executor, bbs, clock } = this.#deps;
    const { signal } = this.#end;
    const container = executor.get(operation.guid);
    if (operation.kind === "container") {
      if (container === null) return;
      const { owner } = container;
      if (owner.kind === "lrp") {
        const process = this.#takesWork ? processLrp : evacuateLrp;
        await process(container, owner, this.#config, this.#deps, signal);
      } else await processTask(container, owner, this.#config, this.#deps, signal);
      return;
    }
    if (container !== null) return;
    const limit = clock.deadline(BBS_CALL_MS, signal);
    try {
      if (operation.kind === "residual-lrp") {
        await bbs.removeActualLrp(operation.lrp.key, operation.lrp.instanceKey, limit);
      } else if (operation.kind === "residual-evacuating-lrp") {
        const { key, instanceKey } = operation.lrp;
        if (instanceKey !== null) await bbs.removeEvacuatingActualLrp(key, instanceKey, limit);
      } else {
        const outcome = { failed: true, failureReason: MISSING_CONTAINER, result: MISSING_CONTAINER };
        await bbs.completeTask(operation.guid, this.#config.cellId, outcome, limit);
      }
    } catch (error) {
      if (bbsErrorType(error) === null) throw error; // else: it has changed meanwhile
    }
  }

  async #syncLoop(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#end;
    const intervalMs = this.#config.syncIntervalMs ?? REP_DEFAULTS.syncIntervalMs;
    let retryMs = SYNC_RETRY_MS;
    while (!signal.aborted) {
      let sleepMs = intervalMs;
      try {
        await this.#sync();
        retryMs = SYNC_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        log.warn("comparison with the BBS failed", { error });
        sleepMs = Math.min(retryMs, intervalMs);
        retryMs *= 2;
      }
      this.#wakeSync = new AbortController();
      await clock.sleep(sleepMs, AbortSignal.any([signal, this.#wakeSync.signal])).catch(() => undefined);
    }
  }

  async #sync(): Promise<void> {
    const { bbs, executor, clock } = this.#deps;
    const { cellId } = this.#config;
    const limit = clock.deadline(BBS_CALL_MS, this.#end.signal);
    const [lrps, tasks] = await Promise.all([bbs.actualLrps({ cellId }, limit), bbs.tasks({ cellId }, limit)]);
    // Read last: a container made after the BBS was asked must not look residual.
    const guids = new Set(executor.list().map(({ guid }) => guid));
    for (const operation of bulkOperations(cellId, guids, lrps, tasks)) this.#push(operation);
  }
}
