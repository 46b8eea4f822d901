import type { ActualLrp, ActualLrpKey } from "../../protocol/lrp.ts";
import {
  decideClaim,
  decideCrash,
  decideFail,
  decideRemove,
  decideStart,
  withPresence,
} from "./actual-lrp-transitions.ts";
import type { ActualLrpFilter, BbsClient } from "./client.ts";
import { type BbsContext, callCell, requestLrpAuctions } from "./context.ts";
import { BbsError } from "./errors.ts";
import type { LrpTable } from "./lrp-table.ts";
import { lrpStartRequest } from "./start-requests.ts";
import { checkActualLrpKey, checkInstanceKey, checkStart } from "./validation.ts";

/** Diego: bbs/models/actual_lrp.go, RetireActualLRPRetryAttempts */
const RETIRE_ATTEMPTS_MAX = 5;

type ActualLrpFlows = Pick<
  BbsClient,
  | "actualLrps"
  | "claimActualLrp"
  | "startActualLrp"
  | "crashActualLrp"
  | "failActualLrp"
  | "removeActualLrp"
  | "retireActualLrp"
>;

/** Actual LRPs: what runs. Diego: bbs/controllers/actual_lrp_lifecycle_controller.go */
export function actualLrpFlows(ctx: BbsContext): ActualLrpFlows {
  const { state, clock, random } = ctx;
  const { lrps } = state;
  const instances = (key: ActualLrpKey): readonly ActualLrp[] => lrps.instances(key.processGuid, key.index);

  return {
    actualLrps: async (filter) => {
      await state.settled();
      return matchingActualLrps(lrps, filter);
    },

    claimActualLrp: async (key, instanceKey, signal) => {
      signal.throwIfAborted();
      checkInstanceKey(instanceKey);
      await state.commit({ actual: decideClaim(instances(key), instanceKey, clock.nowNs()) });
    },

    startActualLrp: async (start, signal) => {
      signal.throwIfAborted();
      checkStart(start);
      await state.commit({ actual: decideStart(instances(start.key), start, () => random.guid(), clock.nowNs()) });
    },

    crashActualLrp: async (key, instanceKey, errorMessage, signal) => {
      signal.throwIfAborted();
      checkActualLrpKey(key);
      checkInstanceKey(instanceKey);
      const { changes, restart } = decideCrash(instances(key), instanceKey, errorMessage, clock.nowNs());
      await state.commit({ actual: changes });
      const desired = lrps.desired.get(key.processGuid);
      if (restart && desired !== undefined) requestLrpAuctions(ctx, [lrpStartRequest(desired, [key.index])]);
    },

    failActualLrp: async (key, errorMessage, signal) => {
      signal.throwIfAborted();
      checkActualLrpKey(key);
      await state.commit({ actual: decideFail(instances(key), errorMessage, clock.nowNs()) });
    },

    removeActualLrp: async (key, instanceKey, signal) => {
      signal.throwIfAborted();
      await state.commit({ actual: decideRemove(instances(key), instanceKey) });
      // Diego lets convergence find the hole within 30 s; a look right now costs little.
      if (key.index < (lrps.desired.get(key.processGuid)?.instances ?? 0)) ctx.kick();
    },

    retireActualLrp: async (key, signal) => {
      checkActualLrpKey(key);
      await retireActualLrp(ctx, key, signal);
    },
  };
}

/** Stops an instance through its cell, or removes it when no cell has it. Throws ResourceNotFound. */
export async function retireActualLrp(ctx: BbsContext, key: ActualLrpKey, signal: AbortSignal): Promise<void> {
  const { lrps } = ctx.state;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const lrp = withPresence(lrps.instances(key.processGuid, key.index), "ORDINARY");
    if (lrp === null) {
      if (attempt > 1) return; // gone meanwhile
      throw new BbsError("ResourceNotFound");
    }
    const { instanceKey } = lrp;
    try {
      if (instanceKey !== null) {
        const reached = await callCell(ctx, instanceKey.cellId, (rep, limit) =>
          rep.stopLrpInstance(lrp.key, instanceKey, AbortSignal.any([limit, signal])),
        );
        if (reached) return;
      }
      if (lrps.stillHolds(lrp)) {
        await ctx.state.commit({ actual: [{ before: lrp, after: null }] });
        if (key.index < (lrps.desired.get(key.processGuid)?.instances ?? 0)) ctx.kick();
        return;
      }
    } catch (error) {
      if (attempt >= RETIRE_ATTEMPTS_MAX) throw error;
      ctx.log.warn("retiring an actual LRP failed", { ...key, attempt, error });
      continue;
    }
    if (attempt >= RETIRE_ATTEMPTS_MAX) throw new BbsError("ResourceConflict");
  }
}

export function matchingActualLrps(lrps: LrpTable, filter: ActualLrpFilter): ActualLrp[] {
  const { domain, cellId, processGuid, index } = filter;
  let candidates: Iterable<ActualLrp>;
  if (processGuid !== undefined && processGuid !== "") {
    candidates = index === undefined ? lrps.ofProcess(processGuid) : lrps.instances(processGuid, index);
  } else if (cellId !== undefined && cellId !== "") candidates = lrps.onCell(cellId);
  else candidates = lrps.all();
  const found: ActualLrp[] = [];
  for (const lrp of candidates) {
    if (domain !== undefined && domain !== "" && lrp.key.domain !== domain) continue;
    if (cellId !== undefined && cellId !== "" && lrp.instanceKey?.cellId !== cellId) continue;
    if (index !== undefined && lrp.key.index !== index) continue;
    found.push(lrp);
  }
  return found;
}
