import { type Auctioneer, startAuctioneer } from "../../diego/auctioneer/index.ts";
import { type Bbs, startBbs } from "../../diego/bbs/index.ts";
import type { LocketClient } from "../../diego/locket/client.ts";
import type { RepClient } from "../../diego/rep/index.ts";
import type { Assembly } from "./assembly.ts";

export interface Diego {
  readonly bbs: Bbs["client"];
  readonly locket: LocketClient;
  /** Throws for a cell of another machine. */
  repOf(cell: { readonly cellId: string }): RepClient;
  addCell(cellId: string, rep: RepClient): void;
}

/** BBS and auctioneer; cells join later. */
export async function startDiego(
  { deps, log, data, metrics, pause, keep, mustLive }: Assembly,
  locket: LocketClient,
): Promise<Diego> {
  const { clock, random, http } = deps;
  const reps = new Map<string, RepClient>();
  const repOf = ({ cellId }: { readonly cellId: string }): RepClient => {
    const rep = reps.get(cellId);
    if (rep === undefined) throw new Error(`cell ${cellId} is not on this machine`);
    return rep;
  };
  let auctioneer: Auctioneer | null = null;
  const bbs = await keep(
    startBbs(
      { databasePath: data("bbs") },
      {
        clock,
        random,
        log: log("bbs"),
        locket,
        auctioneer: () => auctioneer?.client ?? null,
        repOf,
        http,
        pause,
        metrics,
      },
    ),
  );
  mustLive("BBS", bbs.failed);
  auctioneer = await keep(
    startAuctioneer({}, { clock, random, log: log("auctioneer"), bbs: bbs.client, locket, repOf, pause, metrics }),
  );
  mustLive("auctioneer", auctioneer.failed);
  return { bbs: bbs.client, locket, repOf, addCell: (cellId, rep) => reps.set(cellId, rep) };
}
