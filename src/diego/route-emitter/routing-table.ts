// What shall be registered, kept up to date event by event. The BBS's events may come late, twice, or beside a full
// reading of its state; records carry a modification tag (epoch: which record; index: which version), so an older version
// never replaces a newer one, and what was removed stays removed. A removal speaks of a version: an instance that crashed
// is "removed", and its record goes on as a newer one. Per process the registrations are computed anew from the records
// and compared with those before: there is no second way to reach a state, hence none to differ.
import type { ActualLrp, LrpEvent } from "../../protocol/lrp.ts";
import { isRoutable, type Registration, type RoutedLrp, registrationsOf } from "./registrations.ts";

/** What the routers must be told. */
export interface RouteChanges {
  readonly register: readonly { readonly registration: Registration; readonly isNew: boolean }[];
  readonly unregister: readonly Registration[];
}

export const NO_CHANGES: RouteChanges = { register: [], unregister: [] };

/** The BBS's state as it was read at one moment. */
export interface BbsReading {
  readonly desired: readonly RoutedLrp[];
  readonly actual: readonly ActualLrp[];
  readonly freshDomains: ReadonlySet<string>;
}

interface Process {
  desired: RoutedLrp | null;
  /** By record. */
  readonly actual: Map<string, ActualLrp>;
  registrations: ReadonlyMap<string, Registration>;
}

const NOTHING: ReadonlyMap<string, Registration> = new Map();

export class RoutingTable {
  readonly #registersDirectInstanceRoutes: boolean;
  readonly #processes = new Map<string, Process>();
  /** Last version of each record that was removed since the last reading: late events up to it are void. */
  #removed = new Map<string, number>();
  #size = 0;

  constructor(registersDirectInstanceRoutes: boolean) {
    this.#registersDirectInstanceRoutes = registersDirectInstanceRoutes;
  }

  /** Number of registrations. */
  get size(): number {
    return this.#size;
  }

  *all(): Generator<Registration> {
    for (const process of this.#processes.values()) yield* process.registrations.values();
  }

  /** Whether this very registration still stands. */
  holds(registration: Registration): boolean {
    return this.#processes.get(registration.processGuid)?.registrations.get(registration.key) === registration;
  }

  /** The process of an instance that runs although nobody has told of its routes; else null. */
  lacksDesired(event: LrpEvent): string | null {
    if (event.kind !== "actual_lrp_instance_created" && event.kind !== "actual_lrp_instance_changed") return null;
    const actual = event.kind === "actual_lrp_instance_created" ? event.actualLrp : event.after;
    const { processGuid } = actual.key;
    return isRoutable(actual) && !this.#processes.get(processGuid)?.desired ? processGuid : null;
  }

  apply(event: LrpEvent): RouteChanges {
    switch (event.kind) {
      case "desired_lrp_created":
        return this.#putDesired(event.desiredLrp);
      case "desired_lrp_changed":
        return this.#putDesired(event.after);
      case "desired_lrp_removed":
        return this.#removeDesired(event.desiredLrp);
      case "actual_lrp_instance_created":
        return this.#putActual(event.actualLrp);
      case "actual_lrp_instance_changed":
        return this.#putActual(event.after);
      case "actual_lrp_instance_removed":
        return this.#removeActual(event.actualLrp);
      case "actual_lrp_crashed":
        return NO_CHANGES; // the record's own event tells it too
    }
  }

  /** A desired LRP that was asked for by itself. */
  learn(desired: RoutedLrp): RouteChanges {
    return this.#putDesired(desired);
  }

  /**
   * Takes a full reading. `since` are the events that came after the reading had begun, in order. Routes of a domain that
   * is not fresh are never removed: its owner may merely not have told them yet. Yields what changes, process by
   * process: tell it before going on, events may be applied in between.
   */
  *swap(reading: BbsReading, since: readonly LrpEvent[]): Generator<RouteChanges, void> {
    const before = new Map(this.#processes);
    this.#processes.clear();
    this.#removed = new Map();
    for (const desired of reading.desired) this.#process(desired.processGuid).desired = routedPart(desired);
    for (const actual of reading.actual) this.#process(actual.key.processGuid).actual.set(recordKey(actual), actual);
    for (const event of since) this.#takeRecord(event);
    for (const [processGuid, old] of before) {
      const process = this.#process(processGuid);
      process.registrations = old.registrations;
      const wasRemoved = old.desired !== null && this.#isRemoved(old.desired.modificationTag.epoch, old.desired);
      if (
        process.desired === null &&
        old.desired !== null &&
        !wasRemoved &&
        !reading.freshDomains.has(old.desired.domain)
      ) {
        process.desired = old.desired;
      }
    }
    for (const processGuid of [...this.#processes.keys()]) yield this.#recompute(processGuid);
  }

  #putDesired(desired: RoutedLrp): RouteChanges {
    if (!this.#takeDesired(desired)) return NO_CHANGES;
    return this.#recompute(desired.processGuid);
  }

  #removeDesired(desired: RoutedLrp): RouteChanges {
    this.#dropDesired(desired);
    return this.#recompute(desired.processGuid);
  }

  #putActual(actual: ActualLrp): RouteChanges {
    if (!this.#takeActual(actual)) return NO_CHANGES;
    return this.#recompute(actual.key.processGuid);
  }

  #removeActual(actual: ActualLrp): RouteChanges {
    this.#dropActual(actual);
    return this.#recompute(actual.key.processGuid);
  }

  #takeRecord(event: LrpEvent): void {
    if (event.kind === "desired_lrp_created") this.#takeDesired(event.desiredLrp);
    else if (event.kind === "desired_lrp_changed") this.#takeDesired(event.after);
    else if (event.kind === "desired_lrp_removed") this.#dropDesired(event.desiredLrp);
    else if (event.kind === "actual_lrp_instance_created") this.#takeActual(event.actualLrp);
    else if (event.kind === "actual_lrp_instance_changed") this.#takeActual(event.after);
    else if (event.kind === "actual_lrp_instance_removed") this.#dropActual(event.actualLrp);
  }

  /** False when it is old news. */
  #takeDesired(desired: RoutedLrp): boolean {
    const { epoch, index } = desired.modificationTag;
    if (this.#isRemoved(epoch, desired)) return false;
    const process = this.#process(desired.processGuid);
    const known = process.desired?.modificationTag;
    if (known !== undefined && known.epoch === epoch && known.index >= index) return false;
    process.desired = routedPart(desired);
    return true;
  }

  #dropDesired(desired: RoutedLrp): void {
    const { epoch, index } = desired.modificationTag;
    this.#remember(epoch, desired);
    const process = this.#processes.get(desired.processGuid);
    const known = process?.desired?.modificationTag;
    if (process !== undefined && known?.epoch === epoch && known.index <= index) process.desired = null;
  }

  #takeActual(actual: ActualLrp): boolean {
    const key = recordKey(actual);
    if (this.#isRemoved(key, actual)) return false;
    const { actual: records } = this.#process(actual.key.processGuid);
    const known = records.get(key);
    if (known !== undefined && known.modificationTag.index > actual.modificationTag.index) return false;
    records.set(key, actual);
    return true;
  }

  #dropActual(actual: ActualLrp): void {
    const key = recordKey(actual);
    this.#remember(key, actual);
    const records = this.#processes.get(actual.key.processGuid)?.actual;
    const known = records?.get(key);
    if (known !== undefined && known.modificationTag.index <= actual.modificationTag.index) records?.delete(key);
  }

  #isRemoved(record: string, { modificationTag }: Pick<RoutedLrp, "modificationTag">): boolean {
    return modificationTag.index <= (this.#removed.get(record) ?? -1);
  }

  #remember(record: string, { modificationTag }: Pick<RoutedLrp, "modificationTag">): void {
    this.#removed.set(record, Math.max(modificationTag.index, this.#removed.get(record) ?? -1));
  }

  #process(processGuid: string): Process {
    let process = this.#processes.get(processGuid);
    if (process === undefined) {
      process = { desired: null, actual: new Map(), registrations: NOTHING };
      this.#processes.set(processGuid, process);
    }
    return process;
  }

  #recompute(processGuid: string): RouteChanges {
    const process = this.#processes.get(processGuid);
    if (process === undefined) return NO_CHANGES;
    const before = process.registrations;
    const after =
      process.desired === null
        ? NOTHING
        : registrationsOf(process.desired, process.actual.values(), this.#registersDirectInstanceRoutes);
    process.registrations = after;
    this.#size += after.size - before.size;
    if (process.desired === null && process.actual.size === 0) this.#processes.delete(processGuid);
    const register: RouteChanges["register"][number][] = [];
    for (const [key, registration] of after) {
      const old = before.get(key);
      if (old === undefined || !sameMessage(old.message, registration.message)) {
        register.push({ registration, isNew: old === undefined });
      }
    }
    const unregister: Registration[] = [];
    for (const [key, registration] of before) if (!after.has(key)) unregister.push(registration);
    return { register, unregister };
  }
}

/** One record of the BBS; a suspect and its replacement have different ones. */
function recordKey({ key, modificationTag }: ActualLrp): string {
  return `${key.processGuid}/${key.index}/${modificationTag.epoch}`;
}

/** Only what routes need is kept: a desired LRP is large. */
function routedPart({
  processGuid,
  domain,
  instances,
  routes,
  logGuid,
  metricTags,
  modificationTag,
}: RoutedLrp): RoutedLrp {
  return { processGuid, domain, instances, routes, logGuid, metricTags, modificationTag };
}

function sameMessage(a: Registration["message"], b: Registration["message"]): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
