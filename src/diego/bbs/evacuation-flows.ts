import type { ActualLrp, ActualLrpKey } from "../../protocol/lrp.ts";
import { withInstanceKey } from "./actual-lrp-transitions.ts";
import type { BbsEvacuationClient } from "./client.ts";
import { type BbsContext, requestLrpAuctions } from "./context.ts";
import { BbsError } from "./errors.ts";
import { type Evacuation, evacuateClaimed, evacuateCrashed, evacuateRunning, evacuateStopped } from "./evacuation.ts";
import { lrpStartRequest } from "./start-requests.ts";
import { checkActualLrpKey, checkInstanceKey, checkStart } from "./validation.ts";

/** Emptying a cell. Diego: bbs/controllers/evacuation_controller.go */
export function evacuationFlows(ctx: BbsContext): BbsEvacuationClient {
  const { state, clock, random } = ctx;
  const { lrps } = state;
  const instances = (key: ActualLrpKey): readonly ActualLrp[] => lrps.instances(key.processGuid, key.index);

  const carryOut = async (key: ActualLrpKey, { changes, keepContainer, auction }: Evacuation): Promise<boolean> => {
    await state.commit({ actual: changes });
    const desired = lrps.desired.get(key.processGuid);
    if (auction && desired !== undefined) requestLrpAuctions(ctx, [lrpStartRequest(desired, [key.index])]);
    return keepContainer;
  };

  return {
    evacuateClaimedActualLrp: async (key, instanceKey, signal) => {
      signal.throwIfAborted();
      checkActualLrpKey(key);
      checkInstanceKey(instanceKey);
      return await carryOut(key, evacuateClaimed(instances(key), instanceKey, clock.nowNs()));
    },
    evacuateRunningActualLrp: async (start, signal) => {
      signal.throwIfAborted();
      checkStart(start);
      const isDesired = lrps.desired.has(start.key.processGuid);
      const evacuation = evacuateRunning(instances(start.key), start, isDesired, () => random.guid(), clock.nowNs());
      return await carryOut(start.key, evacuation);
    },
    evacuateCrashedActualLrp: async (key, instanceKey, errorMessage, signal) => {
      signal.throwIfAborted();
      checkActualLrpKey(key);
      checkInstanceKey(instanceKey);
      return await carryOut(key, evacuateCrashed(instances(key), instanceKey, errorMessage, clock.nowNs()));
    },
    evacuateStoppedActualLrp: async (key, instanceKey, signal) => {
      signal.throwIfAborted();
      checkActualLrpKey(key);
      checkInstanceKey(instanceKey);
      return await carryOut(key, evacuateStopped(instances(key), instanceKey));
    },
    removeEvacuatingActualLrp: async (key, instanceKey, signal) => {
      signal.throwIfAborted();
      checkActualLrpKey(key);
      checkInstanceKey(instanceKey);
      const lrp = withInstanceKey(instances(key), instanceKey);
      if (lrp?.presence !== "EVACUATING") throw new BbsError("ResourceNotFound");
      await state.commit({ actual: [{ before: lrp, after: null }] });
    },
  };
}
