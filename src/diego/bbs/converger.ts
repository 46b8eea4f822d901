import type { Counter, Histogram, Metrics } from "../../kit/metrics.ts";
import { runSliced } from "../../kit/sliced.ts";
import type { LrpStartRequest, TaskStartRequest } from "../auctioneer/client.ts";
import { retireActualLrp } from "./actual-lrp-flows.ts";
import { decideUnclaim, unclaimedActualLrp } from "./actual-lrp-transitions.ts";
import { type BbsContext, callCell, requestLrpAuctions, requestTaskAuctions } from "./context.ts";
import { internalRoutesOf, metricTagsOf } from "./internal-routes.ts";
import { decideLrpConvergence, type LrpAction } from "./lrp-convergence.ts";
import type { ActualLrpChange } from "./model.ts";
import { lrpStartRequest, taskStartRequest } from "./start-requests.ts";
import { decideTaskConvergence, type TaskAction } from "./task-convergence.ts";
import { offerTaskCallback } from "./task-flows.ts";

/** A kick runs convergence this much later, so that several make one run. */
const KICK_DELAY_MS = 1_000;
/** Kicked runs are at least this far apart: an instance that ends again and again is not started every second. */
const KICK_SPACING_MS = 5_000;
/** Actions applied between two pauses of the event loop. */
const ACTIONS_PER_SLICE = 200;

/** Repairs, every `intervalMs` and after kicks, whatever is not as desired. Diego: bbs/converger/converger.go */
export class Converger {
  readonly #ctx: BbsContext;
  readonly #pause: () => Promise<void>;
  readonly #duration: Histogram | undefined;
  readonly #failures: Counter | undefined;
  #kicked = false;
  #lastKickedMs = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | null = null;

  constructor(ctx: BbsContext, pause: () => Promise<void>, metrics?: Metrics) {
    this.#ctx = ctx;
    this.#pause = pause;
    this.#duration = metrics?.histogram("ingot_bbs_convergence_seconds", "A run of convergence.");
    this.#failures = metrics?.counter("ingot_bbs_convergence_failures_total", "Runs that ended with an error.");
  }

  kick(): void {
    this.#kicked = true;
    this.#wake?.();
  }

  async run(): Promise<void> {
    const { clock, settings, stopping, log } = this.#ctx;
    while (!stopping.aborted) {
      await this.#sleepOrKick(settings.convergenceIntervalMs);
      if (stopping.aborted) return;
      if (this.#kicked) {
        const spacedMs = this.#lastKickedMs + KICK_SPACING_MS - clock.steadyMs();
        await clock.sleep(Math.max(KICK_DELAY_MS, spacedMs), stopping).catch(() => undefined);
        this.#lastKickedMs = clock.steadyMs();
      }
      this.#kicked = false;
      if (stopping.aborted) return;
      const startMs = clock.steadyMs();
      try {
        await this.converge();
      } catch (error) {
        this.#failures?.add();
        if (!stopping.aborted) log.warn("convergence failed; the next run tries again", { error });
      }
      // However often it is kicked, convergence takes at most a third of the time.
      const tookMs = clock.steadyMs() - startMs;
      this.#duration?.observe(tookMs / 1000);
      if (tookMs > 1)
        await clock.sleep(Math.min(2 * tookMs, settings.convergenceIntervalMs), stopping).catch(() => undefined);
    }
  }

  async #sleepOrKick(ms: number): Promise<void> {
    if (this.#kicked) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#ctx.clock.sleep(ms, AbortSignal.any([woken.signal, this.#ctx.stopping])).catch(() => undefined);
    this.#wake = null;
  }

  /** One run. Rejects when the cells are not known: then nothing may be concluded. */
  async converge(): Promise<void> {
    const { state, cells, clock, settings, stopping } = this.#ctx;
    const present = new Set((await cells.all(stopping)).keys());
    const snapshot = { cells: present, nowNs: clock.nowNs() };
    const freshDomains = state.freshDomains();
    const lrpActions = await runSliced(
      decideLrpConvergence({
        ...snapshot,
        desired: state.lrps.desired,
        processes: state.lrps.processes,
        freshDomains,
      }),
      clock,
      this.#pause,
    );
    await this.#applyLrps(lrpActions);
    const taskActions = await runSliced(
      decideTaskConvergence({ ...snapshot, ...settings, tasks: state.tasks.values() }),
      clock,
      this.#pause,
    );
    await this.#applyTasks(taskActions);
    const expired = state.expiredDomains().map((domain) => ({ domain, expiresAtMs: null }));
    await state.commit({ domains: expired });
  }

  async #applyLrps(actions: readonly LrpAction[]): Promise<void> {
    const starts: LrpStartRequest[] = [];
    for (let from = 0; from < actions.length; from += ACTIONS_PER_SLICE) {
      const changes: ActualLrpChange[] = [];
      for (const action of actions.slice(from, from + ACTIONS_PER_SLICE)) {
        const start = this.#applyLrp(action, changes);
        if (start !== null) starts.push(start);
      }
      await this.#ctx.state.commit({ actual: changes });
      await this.#pause();
    }
    requestLrpAuctions(this.#ctx, starts);
  }

  /** Adds what changes to `changes`; gives what is to be auctioned. An action on a record that has changed is void. */
  #applyLrp(action: LrpAction, changes: ActualLrpChange[]): LrpStartRequest | null {
    const { state, random, clock } = this.#ctx;
    const { lrps } = state;
    const nowNs = clock.nowNs();
    if (action.kind === "create") {
      const { key, desired } = action;
      const wanted = lrps.desired.get(key.processGuid);
      if (wanted === undefined || key.index >= wanted.instances) return null;
      if (lrps.ordinary(key.processGuid, key.index) !== null) return null;
      changes.push({ before: null, after: unclaimedActualLrp(key, random.guid(), nowNs) });
      return lrpStartRequest(desired, [key.index]);
    }
    const { lrp } = action;
    if (!lrps.stillHolds(lrp)) return null;
    switch (action.kind) {
      case "auction":
        return lrpStartRequest(action.desired, [lrp.key.index]);
      case "unclaim":
        changes.push({ before: lrp, after: decideUnclaim(lrp, nowNs) });
        return lrpStartRequest(action.desired, [lrp.key.index]);
      case "suspect": {
        changes.push({ before: lrp, after: { ...lrp, presence: "SUSPECT" } });
        changes.push({ before: null, after: unclaimedActualLrp(lrp.key, random.guid(), nowNs) });
        return lrpStartRequest(action.desired, [lrp.key.index]);
      }
      case "promote": {
        const replacement = lrps.ordinary(lrp.key.processGuid, lrp.key.index);
        if (replacement !== null) changes.push({ before: replacement, after: null });
        changes.push({ before: lrp, after: { ...lrp, presence: "ORDINARY" } });
        return null;
      }
      case "remove":
        changes.push({ before: lrp, after: null });
        return null;
      case "retire":
        this.#ctx.calls.offer(() => retireActualLrp(this.#ctx, lrp.key, this.#ctx.stopping));
        return null;
      case "update": {
        const { key, instanceKey } = lrp;
        if (instanceKey === null) return null;
        const internalRoutes = internalRoutesOf(action.desired.routes);
        const update = { key, instanceKey, internalRoutes, metricTags: metricTagsOf(action.desired.metricTags, lrp) };
        this.#ctx.calls.offer(async () => {
          await callCell(this.#ctx, instanceKey.cellId, (rep, signal) => rep.updateLrpInstance(update, signal));
        });
        return null;
      }
    }
  }

  async #applyTasks(actions: readonly TaskAction[]): Promise<void> {
    const { state } = this.#ctx;
    const starts: TaskStartRequest[] = [];
    for (const action of actions) {
      const { task } = action;
      if (state.tasks.get(task.taskGuid) !== task) continue; // somebody was faster
      switch (action.kind) {
        case "auction":
          starts.push(taskStartRequest(task));
          break;
        case "replace":
          await state.commit({ tasks: [{ before: task, after: action.after }] });
          offerTaskCallback(this.#ctx, action.after);
          break;
        case "delete":
          await state.commit({ tasks: [{ before: task, after: null }] });
          break;
        case "callback": {
          const completed = { ...task, state: "COMPLETED" } as const;
          if (task.state === "RESOLVING") await state.commit({ tasks: [{ before: task, after: completed }] });
          offerTaskCallback(this.#ctx, completed);
          break;
        }
      }
    }
    requestTaskAuctions(this.#ctx, starts);
  }
}
