import type { ResourceNeed } from "../../protocol/cell.ts";
import type { ActualLrpKey } from "../../protocol/lrp.ts";

export interface LrpAuction extends ResourceNeed {
  readonly key: ActualLrpKey;
  /** Auctions that it has been through. */
  readonly attempts: number;
}

export interface TaskAuction extends ResourceNeed {
  readonly taskGuid: string;
  readonly domain: string;
  readonly attempts: number;
}

/** Where one work goes, or why nowhere. */
export type Placement<Work> =
  | { readonly work: Work; readonly cellId: string }
  | { readonly work: Work; readonly placementError: string };

export interface Placements {
  readonly lrps: readonly Placement<LrpAuction>[];
  readonly tasks: readonly Placement<TaskAuction>[];
}
