import type { ActualLrp, DesiredLrp, DesiredLrpUpdate } from "../../protocol/lrp.ts";
import { unclaimedActualLrp } from "./actual-lrp-transitions.ts";
import type { BbsClient, DesiredLrpFilter } from "./client.ts";
import { type BbsContext, callCell, requestLrpAuctions, stopInstance } from "./context.ts";
import { BbsError } from "./errors.ts";
import { internalRoutesOf, metricTagsOf, sameInternalRoutes } from "./internal-routes.ts";
import type { ActualLrpChange } from "./model.ts";
import { lrpStartRequest, schedulingInfoOf } from "./start-requests.ts";
import { checkDesiredLrp, checkDesiredLrpUpdate } from "./validation.ts";

type DesiredLrpFlows = Pick<
  BbsClient,
  | "desireLrp"
  | "updateDesiredLrp"
  | "removeDesiredLrp"
  | "desiredLrps"
  | "desiredLrpByProcessGuid"
  | "desiredLrpSchedulingInfos"
>;

/** Desired LRPs: what shall run. Diego: bbs/handlers/desired_lrp_handlers.go */
export function desiredLrpFlows(ctx: BbsContext): DesiredLrpFlows {
  const { state, clock, random } = ctx;
  const { lrps } = state;

  const held = (processGuid: string): DesiredLrp => {
    const lrp = lrps.desired.get(processGuid);
    if (lrp === undefined) throw new BbsError("ResourceNotFound");
    return lrp;
  };

  /** Records of the indices that have none yet. */
  const newInstances = (lrp: DesiredLrp, from: number): ActualLrpChange[] => {
    const changes: ActualLrpChange[] = [];
    const nowNs = clock.nowNs();
    for (let index = from; index < lrp.instances; index++) {
      if (lrps.ordinary(lrp.processGuid, index) !== null) continue;
      const key = { processGuid: lrp.processGuid, index, domain: lrp.domain };
      changes.push({ before: null, after: unclaimedActualLrp(key, random.guid(), nowNs) });
    }
    return changes;
  };

  /** Splits the instances from an index on: those without a cell are removed at once, the others stopped by their cell. */
  const surplus = (processGuid: string, fromIndex: number): { removed: ActualLrpChange[]; stopped: ActualLrp[] } => {
    const removed: ActualLrpChange[] = [];
    const stopped: ActualLrp[] = [];
    for (const lrp of lrps.ofProcess(processGuid)) {
      if (lrp.presence === "EVACUATING" || lrp.key.index < fromIndex) continue;
      if (lrp.instanceKey === null) removed.push({ before: lrp, after: null });
      else stopped.push(lrp);
    }
    return { removed, stopped };
  };

  const requestStarts = (lrp: DesiredLrp, created: readonly ActualLrpChange[]): void => {
    const indices = created.flatMap(({ after }) => (after === null ? [] : [after.key.index]));
    if (indices.length > 0) requestLrpAuctions(ctx, [lrpStartRequest(lrp, indices)]);
  };

  /** Tells cells about new internal routes and metric tags of what they run. */
  const updateInstances = (before: DesiredLrp, after: DesiredLrp): void => {
    const internalRoutes = internalRoutesOf(after.routes);
    const routesChanged = !sameInternalRoutes(internalRoutesOf(before.routes), internalRoutes);
    const tagsChanged = JSON.stringify(before.metricTags) !== JSON.stringify(after.metricTags);
    if (!routesChanged && !tagsChanged) return;
    for (const lrp of lrps.ofProcess(after.processGuid)) {
      const { key, instanceKey } = lrp;
      if (lrp.presence === "EVACUATING" || instanceKey === null) continue;
      const update = { key, instanceKey, internalRoutes, metricTags: metricTagsOf(after.metricTags, lrp) };
      ctx.calls.offer(async () => {
        await callCell(ctx, instanceKey.cellId, (rep, signal) => rep.updateLrpInstance(update, signal));
      });
    }
  };

  const matching = (filter: DesiredLrpFilter): DesiredLrp[] => {
    const { domain, processGuids } = filter;
    const candidates =
      processGuids === undefined || processGuids.length === 0
        ? [...lrps.desired.values()]
        : [...new Set(processGuids)].flatMap((guid) => lrps.desired.get(guid) ?? []);
    return domain === undefined || domain === "" ? candidates : candidates.filter((lrp) => lrp.domain === domain);
  };

  return {
    desireLrp: async (wanted, signal) => {
      signal.throwIfAborted();
      checkDesiredLrp(wanted);
      if (lrps.desired.has(wanted.processGuid)) throw new BbsError("ResourceExists");
      const after: DesiredLrp = { ...wanted, modificationTag: { epoch: random.guid(), index: 0 } };
      const created = newInstances(after, 0);
      await state.commit({ desired: [{ before: null, after }], actual: created });
      requestStarts(after, created);
    },

    updateDesiredLrp: async (processGuid, update: DesiredLrpUpdate, signal) => {
      signal.throwIfAborted();
      checkDesiredLrpUpdate(update);
      const before = held(processGuid);
      const after: DesiredLrp = {
        ...before,
        instances: update.instances ?? before.instances,
        routes: update.routes ?? before.routes,
        annotation: update.annotation ?? before.annotation,
        metricTags: update.metricTags ?? before.metricTags,
        modificationTag: { epoch: before.modificationTag.epoch, index: before.modificationTag.index + 1 },
      };
      const created = after.instances > before.instances ? newInstances(after, before.instances) : [];
      const { removed, stopped } =
        after.instances < before.instances ? surplus(processGuid, after.instances) : { removed: [], stopped: [] };
      await state.commit({ desired: [{ before, after }], actual: [...created, ...removed] });
      requestStarts(after, created);
      for (const lrp of stopped) stopInstance(ctx, lrp);
      updateInstances(before, after);
    },

    removeDesiredLrp: async (processGuid, signal) => {
      signal.throwIfAborted();
      const before = held(processGuid);
      const { removed, stopped } = surplus(processGuid, 0);
      await state.commit({ desired: [{ before, after: null }], actual: removed });
      for (const lrp of stopped) stopInstance(ctx, lrp);
    },

    desiredLrps: async (filter) => {
      await state.settled();
      return matching(filter);
    },

    desiredLrpByProcessGuid: async (processGuid) => {
      await state.settled();
      return held(processGuid);
    },

    desiredLrpSchedulingInfos: async (filter) => {
      await state.settled();
      return matching(filter).map(schedulingInfoOf);
    },
  };
}
