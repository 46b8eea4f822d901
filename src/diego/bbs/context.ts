import type { Clock } from "../../kit/clock.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { ActualLrp } from "../../protocol/lrp.ts";
import type { AuctioneerClient, LrpStartRequest, TaskStartRequest } from "../auctioneer/client.ts";
import type { RepClient, RepClientOf } from "../rep/client.ts";
import type { Cells } from "./cells.ts";
import type { BbsSettings } from "./config.ts";
import type { BbsState } from "./state.ts";
import type { WorkPool } from "./work-pool.ts";

/** Limit of one call to a rep or the auctioneer. Diego: bbs CommunicationTimeout */
const CALL_MS = 10_000;

/** What the flows of the BBS share. */
export interface BbsContext {
  readonly settings: BbsSettings;
  readonly state: BbsState;
  readonly cells: Cells;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly http: HttpClient;
  readonly auctioneer: () => AuctioneerClient | null;
  readonly repOf: RepClientOf;
  /** Calls to reps and the auctioneer that no answer waits for. */
  readonly calls: WorkPool;
  readonly callbacks: WorkPool;
  /** Convergence shall run soon. */
  readonly kick: () => void;
  /** Aborted when the BBS stops. */
  readonly stopping: AbortSignal;
}

/** Hands LRPs to the auctioneer. What gets lost is found again by convergence, 30 s later. */
export function requestLrpAuctions(ctx: BbsContext, requests: readonly LrpStartRequest[]): void {
  if (requests.length === 0) return;
  ctx.calls.offer(async () => {
    await ctx.auctioneer()?.requestLrpAuctions(requests, ctx.clock.deadline(CALL_MS, ctx.stopping));
  });
}

export function requestTaskAuctions(ctx: BbsContext, requests: readonly TaskStartRequest[]): void {
  if (requests.length === 0) return;
  ctx.calls.offer(async () => {
    await ctx.auctioneer()?.requestTaskAuctions(requests, ctx.clock.deadline(CALL_MS, ctx.stopping));
  });
}

/** Calls a cell, if it is there. `false`: it has no presence. */
export async function callCell(
  ctx: BbsContext,
  cellId: string,
  call: (rep: RepClient, signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const cell = await ctx.cells.byId(cellId, ctx.stopping);
  if (cell === null) return false;
  await call(ctx.repOf(cell), ctx.clock.deadline(CALL_MS, ctx.stopping));
  return true;
}

/** Asks the cell, in the background, to stop an instance. The cell then removes the record. */
export function stopInstance(ctx: BbsContext, lrp: ActualLrp): void {
  const { key, instanceKey } = lrp;
  if (instanceKey === null) return;
  ctx.calls.offer(async () => {
    await callCell(ctx, instanceKey.cellId, (rep, signal) => rep.stopLrpInstance(key, instanceKey, signal));
  });
}
