import type { ResourceNeed } from "../../protocol/cell.ts";

/** Diego: auctioneer/models.go */
export interface LrpStartRequest extends ResourceNeed {
  readonly processGuid: string;
  readonly domain: string;
  readonly indices: readonly number[];
}

export interface TaskStartRequest extends ResourceNeed {
  readonly taskGuid: string;
  readonly domain: string;
}

/** Both only queue: what cannot be placed comes back to the BBS as a placement error or a rejection. */
export interface AuctioneerClient {
  requestLrpAuctions(requests: readonly LrpStartRequest[], signal: AbortSignal): Promise<void>;
  requestTaskAuctions(requests: readonly TaskStartRequest[], signal: AbortSignal): Promise<void>;
}
