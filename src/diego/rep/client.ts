import type { CellPresence, CellState, CellWork } from "../../protocol/cell.ts";
import type { ActualLrpInstanceKey, ActualLrpKey } from "../../protocol/lrp.ts";

/** What BBS and auctioneer ask of one cell. Diego: rep/client.go */
export interface RepClient {
  state(signal: AbortSignal): Promise<CellState>;
  /** Reserves and starts what fits; gives back what was not taken. */
  perform(work: CellWork, signal: AbortSignal): Promise<CellWork>;
  stopLrpInstance(key: ActualLrpKey, instanceKey: ActualLrpInstanceKey, signal: AbortSignal): Promise<void>;
  updateLrpInstance(
    update: {
      readonly key: ActualLrpKey;
      readonly instanceKey: ActualLrpInstanceKey;
      readonly internalRoutes: readonly { readonly hostname: string }[];
      readonly metricTags: Readonly<Record<string, string>>;
    },
    signal: AbortSignal,
  ): Promise<void>;
  cancelTask(taskGuid: string, signal: AbortSignal): Promise<void>;
}

/** Finds the client of a cell: in-process on one machine, HTTPS otherwise. */
export type RepClientOf = (cell: Pick<CellPresence, "cellId" | "repUrl">) => RepClient;
