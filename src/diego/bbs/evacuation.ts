// What becomes of an instance whose cell is being emptied, as pure functions.
// Diego: bbs/controllers/evacuation_controller.go, bbs/db/sqldb/evacuation_db.go
import type { ActualLrp, ActualLrpInstanceKey } from "../../protocol/lrp.ts";
import {
  type ActualLrpStart,
  changed,
  decideCrash,
  decideRemove,
  decideUnclaim,
  sameInstance,
  sameNetInfo,
  unclaimedActualLrp,
  withInstanceKey,
  withPresence,
} from "./actual-lrp-transitions.ts";
import { BbsError } from "./errors.ts";
import type { ActualLrpChange } from "./model.ts";

export interface Evacuation {
  readonly changes: readonly ActualLrpChange[];
  readonly keepContainer: boolean;
  /** The ordinary record has no cell any more: it must be auctioned. */
  readonly auction: boolean;
}

const over = (changes: readonly ActualLrpChange[]): Evacuation => ({ changes, keepContainer: false, auction: false });

/** A suspect or evacuating record of this very instance simply goes. Throws ResourceNotFound when it is unknown. */
function removalOfOther(instances: readonly ActualLrp[], instanceKey: ActualLrpInstanceKey): ActualLrpChange[] | null {
  const lrp = withInstanceKey(instances, instanceKey);
  if (lrp === null) throw new BbsError("ResourceNotFound");
  return lrp.presence === "ORDINARY" ? null : [{ before: lrp, after: null }];
}

/** It was taken, but does not run yet: another cell shall do it. */
export function evacuateClaimed(
  instances: readonly ActualLrp[],
  instanceKey: ActualLrpInstanceKey,
  nowNs: bigint,
): Evacuation {
  const removal = removalOfOther(instances, instanceKey);
  if (removal !== null) return over(removal);
  const before = withPresence(instances, "ORDINARY");
  if (before === null) return over([]);
  return { changes: [{ before, after: decideUnclaim(before, nowNs) }], keepContainer: false, auction: true };
}

/** No auction follows: convergence starts it again when its time has come. */
export function evacuateCrashed(
  instances: readonly ActualLrp[],
  instanceKey: ActualLrpInstanceKey,
  reason: string,
  nowNs: bigint,
): Evacuation {
  return over(removalOfOther(instances, instanceKey) ?? decideCrash(instances, instanceKey, reason, nowNs).changes);
}

export function evacuateStopped(instances: readonly ActualLrp[], instanceKey: ActualLrpInstanceKey): Evacuation {
  return over(removalOfOther(instances, instanceKey) ?? decideRemove(instances, instanceKey));
}

/**
 * It runs: its record becomes EVACUATING, and a new ordinary one is auctioned. When the replacement runs or has crashed,
 * or the process is not desired any more, the old container may go.
 */
export function evacuateRunning(
  instances: readonly ActualLrp[],
  start: ActualLrpStart,
  isDesired: boolean,
  epoch: () => string,
  nowNs: bigint,
): Evacuation {
  if (instances.length === 0) return over([]);
  const target = withInstanceKey(instances, start.instanceKey);
  const ordinary = withPresence(instances, "ORDINARY");
  const evacuating = withPresence(instances, "EVACUATING");
  const replaced =
    ordinary !== null && ordinary !== target && (ordinary.state === "RUNNING" || ordinary.state === "CRASHED");
  if (ordinary === null || replaced || !isDesired) {
    const mine = evacuating !== null && sameInstance(evacuating.instanceKey, start.instanceKey);
    return over(mine ? [{ before: evacuating, after: null }] : []);
  }
  if (target === null || target === evacuating) {
    if (evacuating !== null && evacuating !== target) return over([]); // another cell's instance holds the place
    return { changes: evacuatingRecord(evacuating, start, epoch, nowNs), keepContainer: true, auction: false };
  }
  if (target.state !== "RUNNING" && target.state !== "CLAIMED") return over([]);
  const moved: ActualLrp = {
    ...target,
    state: "RUNNING",
    presence: "EVACUATING",
    sinceNs: nowNs,
    modificationTag: { epoch: epoch(), index: 0 },
    crashCount: 0,
    crashReason: "",
    placementError: "",
  };
  const changes: ActualLrpChange[] = [];
  // The index has one place for an evacuating instance: the newer one takes it.
  if (evacuating !== null) changes.push({ before: evacuating, after: null });
  changes.push({ before: target, after: moved });
  // A suspect has a replacement on its way already.
  const isOrdinary = target.presence === "ORDINARY";
  if (isOrdinary) changes.push({ before: null, after: decideUnclaim(target, nowNs) });
  return { changes, keepContainer: true, auction: isOrdinary };
}

function evacuatingRecord(
  before: ActualLrp | null,
  start: ActualLrpStart,
  epoch: () => string,
  nowNs: bigint,
): ActualLrpChange[] {
  const { key, instanceKey, netInfo, internalRoutes, metricTags, routable, availabilityZone } = start;
  const said = { instanceKey, netInfo, internalRoutes, metricTags, availabilityZone };
  if (before !== null) {
    return sameNetInfo(before.netInfo, netInfo) ? [] : [{ before, after: changed(before, said, nowNs) }];
  }
  const created = unclaimedActualLrp(key, epoch(), nowNs);
  return [{ before, after: { ...created, ...said, routable, state: "RUNNING", presence: "EVACUATING" } }];
}
