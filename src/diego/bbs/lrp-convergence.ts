import type { ActualLrp, ActualLrpKey, DesiredLrp } from "../../protocol/lrp.ts";
import { sameTags } from "./actual-lrp-transitions.ts";
import { restartDueNs } from "./crash-backoff.ts";
import { internalRoutesOf, metricTagsOf, sameInternalRoutes } from "./internal-routes.ts";
import type { ProcessInstances } from "./lrp-table.ts";

/** An auction got lost. Diego: bbs/models/actual_lrp.go, StaleUnclaimedActualLRPDuration */
const STALE_UNCLAIMED_NS = 30_000_000_000n;
/** What must be done; the records are those that the decision was made on. */
export type LrpAction =
  /** No record of a desired index. */
  | { readonly kind: "create"; readonly desired: DesiredLrp; readonly key: ActualLrpKey }
  /** Nobody took it for 30 s: the auction is repeated. */
  | { readonly kind: "auction"; readonly desired: DesiredLrp; readonly lrp: ActualLrp }
  /** Crashed, its pause is over; or its cell is gone and a suspect of it exists already. */
  | { readonly kind: "unclaim"; readonly desired: DesiredLrp; readonly lrp: ActualLrp }
  /** Its cell is gone: it stays routed as a suspect until a new one runs. */
  | { readonly kind: "suspect"; readonly desired: DesiredLrp; readonly lrp: ActualLrp }
  /** Its cell came back before a replacement ran. */
  | { readonly kind: "promote"; readonly lrp: ActualLrp }
  /** Not desired any more: stopped by its cell. */
  | { readonly kind: "retire"; readonly lrp: ActualLrp }
  /** A suspect that is replaced or not desired, or an evacuating one whose cell is gone. */
  | { readonly kind: "remove"; readonly lrp: ActualLrp }
  /** Its cell has old internal routes or metric tags. */
  | { readonly kind: "update"; readonly desired: DesiredLrp; readonly lrp: ActualLrp };

export interface LrpSnapshot {
  readonly desired: ReadonlyMap<string, DesiredLrp>;
  readonly processes: ReadonlyMap<string, ProcessInstances>;
  /** Cells that hold a presence. */
  readonly cells: ReadonlySet<string>;
  readonly freshDomains: ReadonlySet<string>;
  readonly nowNs: bigint;
}

/**
 * What must happen so that the actual LRPs become the desired ones; nothing when converged. Yields after each process,
 * so that it can run in slices: the tables may change in between, hence whoever carries out an action checks it again.
 * Diego: bbs/db/sqldb/lrp_convergence.go, queries.go, bbs/controllers/lrp_convergence_controller.go
 */
export function* decideLrpConvergence(snapshot: LrpSnapshot): Generator<void, LrpAction[]> {
  const actions: LrpAction[] = [];
  for (const desired of snapshot.desired.values()) {
    convergeDesired(desired, snapshot.processes.get(desired.processGuid), snapshot, actions);
    yield;
  }
  for (const [processGuid, instances] of snapshot.processes) {
    if (snapshot.desired.has(processGuid)) continue;
    convergeOrphans(instances, snapshot, actions);
    yield;
  }
  return actions;
}

function convergeDesired(
  desired: DesiredLrp,
  instances: ProcessInstances | undefined,
  snapshot: LrpSnapshot,
  actions: LrpAction[],
): void {
  const { processGuid, domain } = desired;
  const ordinary = instances?.ordinary ?? [];
  const others = instances?.others ?? [];
  const wantedRoutes = internalRoutesOf(desired.routes);
  for (let index = 0; index < desired.instances; index++) {
    const lrp = ordinary[index];
    if (lrp === undefined) actions.push({ kind: "create", desired, key: { processGuid, index, domain } });
    else convergeInstance(desired, lrp, others, wantedRoutes, snapshot, actions);
  }
  for (let index = desired.instances; index < ordinary.length; index++) {
    const lrp = ordinary[index];
    if (lrp === undefined) continue;
    // Only a fresh domain may stop work: a stale one may merely not have been told yet.
    if (snapshot.freshDomains.has(domain)) actions.push({ kind: "retire", lrp });
    else convergeInstance(desired, lrp, others, wantedRoutes, snapshot, actions);
  }
  for (const lrp of others) convergeOther(lrp, ordinary[lrp.key.index], snapshot, actions);
}

function convergeInstance(
  desired: DesiredLrp,
  lrp: ActualLrp,
  others: readonly ActualLrp[],
  wantedRoutes: readonly { readonly hostname: string }[],
  snapshot: LrpSnapshot,
  actions: LrpAction[],
): void {
  if (lrp.state === "UNCLAIMED") {
    if (snapshot.nowNs - lrp.sinceNs > STALE_UNCLAIMED_NS) actions.push({ kind: "auction", desired, lrp });
  } else if (lrp.state === "CRASHED") {
    const dueNs = restartDueNs(lrp.sinceNs, lrp.crashCount);
    if (dueNs !== null && dueNs <= snapshot.nowNs) actions.push({ kind: "unclaim", desired, lrp });
  } else if (lrp.instanceKey !== null && !snapshot.cells.has(lrp.instanceKey.cellId)) {
    const hasSuspect = others.some((other) => other.presence === "SUSPECT" && other.key.index === lrp.key.index);
    actions.push({ kind: hasSuspect ? "unclaim" : "suspect", desired, lrp });
  } else if (lrp.state === "RUNNING") {
    const stale =
      !sameInternalRoutes(lrp.internalRoutes, wantedRoutes) ||
      !sameTags(lrp.metricTags, metricTagsOf(desired.metricTags, lrp));
    if (stale) actions.push({ kind: "update", desired, lrp });
  }
}

/** Suspect and evacuating records of a desired process. */
function convergeOther(
  lrp: ActualLrp,
  ordinary: ActualLrp | undefined,
  snapshot: LrpSnapshot,
  actions: LrpAction[],
): void {
  const cellThere = lrp.instanceKey !== null && snapshot.cells.has(lrp.instanceKey.cellId);
  if (lrp.presence === "EVACUATING") {
    if (!cellThere) actions.push({ kind: "remove", lrp });
  } else if (ordinary?.state === "RUNNING" && lrp.state === "RUNNING") actions.push({ kind: "remove", lrp });
  else if (cellThere) actions.push({ kind: "promote", lrp });
}

/** Records whose process nobody desires. */
function convergeOrphans(instances: ProcessInstances, snapshot: LrpSnapshot, actions: LrpAction[]): void {
  for (const lrp of instances.ordinary) {
    if (lrp !== undefined && snapshot.freshDomains.has(lrp.key.domain)) actions.push({ kind: "retire", lrp });
  }
  for (const lrp of instances.others) {
    const cellThere = lrp.instanceKey !== null && snapshot.cells.has(lrp.instanceKey.cellId);
    if (lrp.presence === "EVACUATING") {
      if (!cellThere) actions.push({ kind: "remove", lrp });
    } else if (cellThere) actions.push({ kind: "promote", lrp });
    else if (snapshot.freshDomains.has(lrp.key.domain)) actions.push({ kind: "remove", lrp });
  }
}
