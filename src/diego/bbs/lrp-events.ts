import type { ActualLrp, LrpEvent } from "../../protocol/lrp.ts";
import type { ActualLrpChange, DesiredLrpChange } from "./model.ts";

/**
 * The events of a change of actual LRPs, in the order in which routers stay fed: crashes first, then what runs, then
 * what goes. An instance that loses its instance key is a new one: created and removed instead of changed.
 * Diego: bbs/events/calculator/actual_lrp_event_calculator.go
 */
export function actualLrpEvents(changes: readonly ActualLrpChange[]): LrpEvent[] {
  const events = changes.flatMap(eventsOf);
  return events.length < 2 ? events : events.toSorted((a, b) => score(b) - score(a)); // stable
}

function eventsOf({ before, after, crashed }: ActualLrpChange): LrpEvent[] {
  if (before === null) return after === null ? [] : [{ kind: "actual_lrp_instance_created", actualLrp: after }];
  if (after === null) return [{ kind: "actual_lrp_instance_removed", actualLrp: before }];
  const events: LrpEvent[] = [];
  if (crashed && before.instanceKey !== null) {
    const { key, instanceKey } = before;
    const { crashCount, crashReason, sinceNs } = after;
    events.push({ kind: "actual_lrp_crashed", key, instanceKey, crashCount, crashReason, sinceNs });
  }
  if (after.state === "UNCLAIMED" && before.state !== "UNCLAIMED") {
    events.push(
      { kind: "actual_lrp_instance_created", actualLrp: after },
      { kind: "actual_lrp_instance_removed", actualLrp: before },
    );
  } else {
    events.push({ kind: "actual_lrp_instance_changed", before, after });
  }
  return events;
}

function score(event: LrpEvent): number {
  let lrp: ActualLrp;
  if (event.kind === "actual_lrp_crashed") return 2;
  else if (event.kind === "actual_lrp_instance_created") lrp = event.actualLrp;
  else if (event.kind === "actual_lrp_instance_changed") lrp = event.after;
  else return 0;
  return lrp.state === "RUNNING" ? 1 : 0;
}

export function desiredLrpEvent({ before, after }: DesiredLrpChange): LrpEvent | null {
  if (before === null) return after === null ? null : { kind: "desired_lrp_created", desiredLrp: after };
  if (after === null) return { kind: "desired_lrp_removed", desiredLrp: before };
  return { kind: "desired_lrp_changed", before, after };
}
