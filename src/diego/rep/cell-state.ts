import type { CellState, Resources } from "../../protocol/cell.ts";
import type { Container } from "../executor/client.ts";
import type { RepConfig } from "./config.ts";

/** Answer for the auction. Diego: rep/auctioncellrep/auction_cell_rep.go, State */
export function cellStateOf(
  config: RepConfig,
  cell: {
    readonly containers: readonly Container[];
    readonly total: Resources;
    readonly available: Resources;
    readonly evacuating: boolean;
  },
): CellState {
  const lrps: CellState["lrps"][number][] = [];
  const tasks: CellState["tasks"][number][] = [];
  let startingContainerCount = 0;
  for (const { owner, need, state, result } of cell.containers) {
    if (state === "reserved" || state === "initializing" || state === "created") startingContainerCount++;
    if (owner.kind === "lrp") {
      const ended = result.failed ? "CRASHED" : "SHUTDOWN";
      const shown = state === "running" ? "RUNNING" : state === "completed" ? ended : "CLAIMED";
      lrps.push({ ...need, key: owner.key, instanceGuid: owner.instanceGuid, state: shown });
    } else {
      const { taskGuid, domain } = owner;
      tasks.push({ ...need, taskGuid, domain, state: state === "completed" ? "COMPLETED" : "RUNNING" });
    }
  }
  return {
    cellId: config.cellId,
    repUrl: config.repUrl,
    zone: config.zone,
    total: cell.total,
    available: cell.available,
    lrps,
    tasks,
    startingContainerCount,
    evacuating: cell.evacuating,
    rootfsProviders: rootfsProviders(config),
    placementTags: config.placementTags ?? [],
    optionalPlacementTags: config.optionalPlacementTags ?? [],
    volumeDrivers: [],
  };
}

export function rootfsProviders(config: RepConfig): Readonly<Record<string, readonly string[]>> {
  return { preloaded: config.stacks };
}
