import type { ActualLrp, DesiredLrp } from "../../protocol/lrp.ts";
import type { Task } from "../../protocol/task.ts";

/** One actual LRP before and after; null: there is none. Both null never happens. */
export interface ActualLrpChange {
  readonly before: ActualLrp | null;
  readonly after: ActualLrp | null;
  /** The instance crashed: an event of its own tells how. */
  readonly crashed?: boolean;
}

export interface DesiredLrpChange {
  readonly before: DesiredLrp | null;
  readonly after: DesiredLrp | null;
}

export interface TaskChange {
  readonly before: Task | null;
  readonly after: Task | null;
}

/** A domain is fresh while `expiresAtMs` lies ahead (wall clock; `Infinity`: for ever). */
export interface DomainChange {
  readonly domain: string;
  readonly expiresAtMs: number | null;
}

/** What one decision changes, all or nothing. */
export interface StateChange {
  readonly desired?: readonly DesiredLrpChange[];
  readonly actual?: readonly ActualLrpChange[];
  readonly tasks?: readonly TaskChange[];
  readonly domains?: readonly DomainChange[];
}
