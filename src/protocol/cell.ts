import type { ActualLrpKey } from "./lrp.ts";

/** A cell as Locket's presence tells it. Diego: bbs/models/cells.proto */
export interface CellPresence {
  readonly cellId: string;
  readonly repAddress: string;
  readonly repUrl: string;
  readonly zone: string;
  readonly capacity: { readonly memoryMb: number; readonly diskMb: number; readonly containers: number };
  /** `preloaded` → stack names; `docker` → []. */
  readonly rootfsProviders: Readonly<Record<string, readonly string[]>>;
  readonly placementTags: readonly string[];
  readonly optionalPlacementTags: readonly string[];
}

export interface Resources {
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
}

/** What one piece of work needs and where it may go. Diego: rep/cellstate.go */
export interface ResourceNeed {
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly maxPids: number;
  readonly rootfs: string;
  readonly placementTags: readonly string[];
  readonly volumeDrivers: readonly string[];
}

export interface LrpWork extends ResourceNeed {
  readonly key: ActualLrpKey;
  readonly instanceGuid: string;
}

export interface TaskWork extends ResourceNeed {
  readonly taskGuid: string;
  readonly domain: string;
}

export interface CellWork {
  readonly cellId: string;
  readonly lrps: readonly LrpWork[];
  readonly tasks: readonly TaskWork[];
}

/** Answer of a rep to `GET /state`. Diego: rep/cellstate.go, CellState */
export interface CellState {
  readonly cellId: string;
  readonly repUrl: string;
  readonly zone: string;
  readonly total: Resources;
  readonly available: Resources;
  readonly lrps: readonly (ResourceNeed & {
    readonly key: ActualLrpKey;
    readonly instanceGuid: string;
    readonly state: string;
  })[];
  readonly tasks: readonly (ResourceNeed & {
    readonly taskGuid: string;
    readonly domain: string;
    readonly state: string;
  })[];
  readonly startingContainerCount: number;
  readonly evacuating: boolean;
  readonly rootfsProviders: Readonly<Record<string, readonly string[]>>;
  readonly placementTags: readonly string[];
  readonly optionalPlacementTags: readonly string[];
  readonly volumeDrivers: readonly string[];
}
