// The life of one actual LRP as pure functions: from the records of one (process guid, index), at most one of each
// presence, to the changes that a request makes. Who may change what: bbs/models/actual_lrp.go (AllowsTransitionTo),
// bbs/db/sqldb/actual_lrp_db.go, bbs/controllers/actual_lrp_lifecycle_controller.go.
import type {
  ActualLrp,
  ActualLrpInstanceKey,
  ActualLrpKey,
  ActualLrpNetInfo,
  ActualLrpState,
  Presence,
} from "../../protocol/lrp.ts";
import { nextCrashCount, restartsAtOnce } from "./crash-backoff.ts";
import { BbsError } from "./errors.ts";
import type { ActualLrpChange } from "./model.ts";

/** Diego cuts longer texts, marked at their end (bbs/db/sqldb/actual_lrp_db.go). */
const REASON_LENGTH_MAX = 1024;
const TRUNCATED = "(truncated)";

export function truncateReason(reason: string): string {
  if (reason.length < REASON_LENGTH_MAX) return reason;
  return reason.slice(0, REASON_LENGTH_MAX - TRUNCATED.length) + TRUNCATED;
}

export function sameInstance(a: ActualLrpInstanceKey | null, b: ActualLrpInstanceKey | null): boolean {
  if (a === null || b === null) return a === b;
  return a.instanceGuid === b.instanceGuid && a.cellId === b.cellId;
}

export function withPresence(instances: readonly ActualLrp[], presence: Presence): ActualLrp | null {
  return instances.find((lrp) => lrp.presence === presence) ?? null;
}

export function withInstanceKey(instances: readonly ActualLrp[], key: ActualLrpInstanceKey): ActualLrp | null {
  return instances.find((lrp) => sameInstance(lrp.instanceKey, key)) ?? null;
}

export function unclaimedActualLrp(key: ActualLrpKey, epoch: string, nowNs: bigint): ActualLrp {
  return {
    key: { processGuid: key.processGuid, index: key.index, domain: key.domain },
    instanceKey: null,
    netInfo: null,
    crashCount: 0,
    crashReason: "",
    state: "UNCLAIMED",
    placementError: "",
    sinceNs: nowNs,
    modificationTag: { epoch, index: 0 },
    presence: "ORDINARY",
    metricTags: {},
    internalRoutes: [],
    routable: false,
    availabilityZone: "",
  };
}

/** The record in a new state: the modification tag grows and the state's time starts. */
export function changed(lrp: ActualLrp, change: Partial<ActualLrp>, nowNs: bigint): ActualLrp {
  const { epoch, index } = lrp.modificationTag;
  return { ...lrp, sinceNs: nowNs, modificationTag: { epoch, index: index + 1 }, ...change };
}

function allowsTransition(lrp: ActualLrp, instanceKey: ActualLrpInstanceKey, to: ActualLrpState): boolean {
  const same = sameInstance(lrp.instanceKey, instanceKey);
  switch (lrp.state) {
    case "UNCLAIMED":
      return to === "CLAIMED" || to === "RUNNING";
    case "CLAIMED":
      return to === "RUNNING" || ((to === "CLAIMED" || to === "CRASHED") && same);
    case "RUNNING":
      return same;
    case "CRASHED":
      return (to === "CLAIMED" || to === "RUNNING") && same;
  }
}

/** A cell took the work. Throws ResourceNotFound, ActualLRPCannotBeClaimed. */
export function decideClaim(
  instances: readonly ActualLrp[],
  instanceKey: ActualLrpInstanceKey,
  nowNs: bigint,
): ActualLrpChange[] {
  // A suspect comes back to life by its cell's presence, not by a claim.
  if (withInstanceKey(instances, instanceKey)?.presence === "SUSPECT") return [];
  const before = withPresence(instances, "ORDINARY");
  if (before === null) throw new BbsError("ResourceNotFound");
  if (!allowsTransition(before, instanceKey, "CLAIMED")) throw new BbsError("ActualLRPCannotBeClaimed");
  if (before.state === "CLAIMED" && sameInstance(before.instanceKey, instanceKey)) return [];
  const after = changed(before, { state: "CLAIMED", instanceKey, placementError: "", netInfo: null }, nowNs);
  return [{ before, after }];
}

export interface ActualLrpStart {
  readonly key: ActualLrpKey;
  readonly instanceKey: ActualLrpInstanceKey;
  readonly netInfo: ActualLrpNetInfo;
  readonly internalRoutes: readonly { readonly hostname: string }[];
  readonly metricTags: Readonly<Record<string, string>>;
  readonly routable: boolean;
  readonly availabilityZone: string;
}

/** What a start says about the instance, compared field by field. */
function saysTheSame(lrp: ActualLrp, start: ActualLrpStart): boolean {
  return (
    lrp.routable === start.routable &&
    lrp.availabilityZone === start.availabilityZone &&
    sameInstance(lrp.instanceKey, start.instanceKey) &&
    sameNetInfo(lrp.netInfo, start.netInfo) &&
    lrp.internalRoutes.length === start.internalRoutes.length &&
    lrp.internalRoutes.every((route, at) => route.hostname === start.internalRoutes[at]?.hostname) &&
    sameTags(lrp.metricTags, start.metricTags)
  );
}

export function sameTags(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

export function sameNetInfo(a: ActualLrpNetInfo | null, b: ActualLrpNetInfo | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.address === b.address &&
    a.instanceAddress === b.instanceAddress &&
    a.preferredAddress === b.preferredAddress &&
    a.ports.length === b.ports.length &&
    a.ports.every((port, at) => {
      const other = b.ports[at];
      return (
        port.containerPort === other?.containerPort &&
        port.hostPort === other.hostPort &&
        port.containerTlsProxyPort === other.containerTlsProxyPort &&
        port.hostTlsProxyPort === other.hostTlsProxyPort
      );
    })
  );
}

/**
 * The instance runs. The record is made when it is missing; a suspect or evacuating one of the same index has been
 * replaced and goes. Throws ActualLRPCannotBeStarted.
 */
export function decideStart(
  instances: readonly ActualLrp[],
  start: ActualLrpStart,
  epoch: () => string,
  nowNs: bigint,
): ActualLrpChange[] {
  if (withInstanceKey(instances, start.instanceKey)?.presence === "SUSPECT") return [];
  const { instanceKey, netInfo, internalRoutes, metricTags, routable, availabilityZone } = start;
  const running = {
    instanceKey,
    netInfo,
    internalRoutes,
    metricTags,
    routable,
    availabilityZone,
    state: "RUNNING",
  } as const;
  const changes: ActualLrpChange[] = [];
  const before = withPresence(instances, "ORDINARY");
  if (before === null) {
    changes.push({ before: null, after: { ...unclaimedActualLrp(start.key, epoch(), nowNs), ...running } });
  } else if (before.state !== "RUNNING" || !saysTheSame(before, start)) {
    if (before.key.domain !== start.key.domain || !allowsTransition(before, instanceKey, "RUNNING")) {
      throw new BbsError("ActualLRPCannotBeStarted");
    }
    changes.push({ before, after: changed(before, { ...running, placementError: "" }, nowNs) });
  }
  for (const presence of ["EVACUATING", "SUSPECT"] as const) {
    const replaced = withPresence(instances, presence);
    if (replaced !== null) changes.push({ before: replaced, after: null });
  }
  return changes;
}

/** `restart`: the crash is one of the first in a row, so that an auction must follow at once. Throws ResourceNotFound, ActualLRPCannotBeCrashed. */
export function decideCrash(
  instances: readonly ActualLrp[],
  instanceKey: ActualLrpInstanceKey,
  reason: string,
  nowNs: bigint,
): { readonly changes: ActualLrpChange[]; readonly restart: boolean } {
  const named = withInstanceKey(instances, instanceKey);
  if (named?.presence === "SUSPECT") return { changes: [{ before: named, after: null }], restart: false };
  const before = withPresence(instances, "ORDINARY");
  if (before === null) throw new BbsError("ResourceNotFound");
  if (!allowsTransition(before, instanceKey, "CRASHED")) throw new BbsError("ActualLRPCannotBeCrashed");
  const crashCount = nextCrashCount(before.state, before.sinceNs, before.crashCount, nowNs);
  const restart = restartsAtOnce(crashCount);
  const after = changed(
    before,
    {
      state: restart ? "UNCLAIMED" : "CRASHED",
      instanceKey: null,
      netInfo: null,
      crashCount,
      crashReason: truncateReason(reason),
    },
    nowNs,
  );
  return { changes: [{ before, after, crashed: true }], restart };
}

/** No cell could take it. Nothing happens when there is no such LRP. Throws ActualLRPCannotBeFailed. */
export function decideFail(instances: readonly ActualLrp[], placementError: string, nowNs: bigint): ActualLrpChange[] {
  const before = withPresence(instances, "ORDINARY");
  if (before === null) return [];
  if (before.state !== "UNCLAIMED") throw new BbsError("ActualLRPCannotBeFailed");
  return [{ before, after: changed(before, { placementError: truncateReason(placementError) }, nowNs) }];
}

/** Throws ResourceNotFound, also when another instance holds the record. */
export function decideRemove(
  instances: readonly ActualLrp[],
  instanceKey: ActualLrpInstanceKey | null,
): ActualLrpChange[] {
  const before = withPresence(instances, "ORDINARY");
  if (before === null || (instanceKey !== null && !sameInstance(before.instanceKey, instanceKey))) {
    throw new BbsError("ResourceNotFound");
  }
  return [{ before, after: null }];
}

/** Takes the work from its cell, for a new auction. Throws ActualLRPCannotBeUnclaimed when nobody has it. */
export function decideUnclaim(before: ActualLrp, nowNs: bigint): ActualLrp {
  if (before.state === "UNCLAIMED") throw new BbsError("ActualLRPCannotBeUnclaimed");
  return changed(before, { state: "UNCLAIMED", instanceKey: null, netInfo: null }, nowNs);
}
