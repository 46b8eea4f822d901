import type { Resources } from "../../protocol/cell.ts";

/** Numbers without another source are Diego's: rep/cmd/rep/config, jobs/rep/spec. */
export interface RepConfig {
  readonly cellId: string;
  readonly zone: string;
  /** Where other machines reach this rep; empty on one machine. */
  readonly repUrl: string;
  readonly repAddress: string;
  readonly capacity: Resources;
  /** Names of the preloaded stacks, e.g. `cflinuxfs4`. */
  readonly stacks: readonly string[];
  readonly placementTags?: readonly string[];
  readonly optionalPlacementTags?: readonly string[];
  /** True: routers dial the container itself. False: the host's port. Default true. */
  readonly prefersInstanceAddress?: boolean;
  /**
   * Who holds the cell's presence. Give a name that stays the same over restarts only where something else guarantees
   * one process (the lock of the state folder): the presence then goes on at once after kill -9. Default: a new guid.
   */
  readonly presenceOwner?: string;
  /** Between two comparisons with the BBS; default 30,000. */
  readonly syncIntervalMs?: number;
  /** Between two looks at a cell that is being emptied; default 10,000. */
  readonly evacuationPollingIntervalMs?: number;
  /** Then what is left is stopped; default 600,000. */
  readonly evacuationTimeoutMs?: number;
}

export const REP_DEFAULTS = {
  placementTags: [],
  optionalPlacementTags: [],
  prefersInstanceAddress: true,
  syncIntervalMs: 30_000,
  evacuationPollingIntervalMs: 10_000,
  evacuationTimeoutMs: 600_000,
} as const;
