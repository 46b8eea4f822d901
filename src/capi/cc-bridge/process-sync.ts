import type { DesiredLrpSchedulingInfo } from "../../protocol/lrp.ts";
import { lrpGuidOf } from "./model.ts";

export type ProcessSyncAction =
  | { readonly kind: "desire" | "update"; readonly processGuid: string; readonly lrpGuid: string }
  | { readonly kind: "delete"; readonly lrpGuid: string };

const YIELD_EVERY = 256;

/**
 * What makes Diego's desired LRPs those of the Cloud Controller. The LRPs must have been read first: what was desired after
 * that reading is then never taken for a leftover. CC: diego/processes_sync.rb
 */
export function* decideProcessSync(
  processes: readonly { readonly guid: string; readonly version: string; readonly annotation: string }[],
  lrps: readonly Pick<DesiredLrpSchedulingInfo, "processGuid" | "annotation">[],
): Generator<undefined, ProcessSyncAction[]> {
  const actions: ProcessSyncAction[] = [];
  const known = new Map<string, string>();
  let seen = 0;
  for (const lrp of lrps) {
    known.set(lrp.processGuid, lrp.annotation);
    if (++seen % YIELD_EVERY === 0) yield;
  }
  for (const process of processes) {
    const lrpGuid = lrpGuidOf(process);
    const annotation = known.get(lrpGuid);
    known.delete(lrpGuid);
    if (annotation === undefined) actions.push({ kind: "desire", processGuid: process.guid, lrpGuid });
    else if (annotation !== process.annotation) actions.push({ kind: "update", processGuid: process.guid, lrpGuid });
    if (++seen % YIELD_EVERY === 0) yield;
  }
  for (const lrpGuid of known.keys()) {
    actions.push({ kind: "delete", lrpGuid });
    if (++seen % YIELD_EVERY === 0) yield;
  }
  return actions;
}
