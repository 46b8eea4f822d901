import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import { encodeCellPresence } from "../../protocol/cell-presence.ts";
import { holdLock, type LocketClient } from "../locket/client.ts";
import { rootfsProviders } from "./cell-state.ts";
import type { RepConfig } from "./config.ts";

/** Pause before a presence that was lost is asked for again. */
const RETRY_MS = 1_000;

export interface PresenceDeps {
  readonly locket: LocketClient;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Holds the cell's presence (15 s, renewed every 5 s) until aborted, and asks for it again when it was lost. It is given
 * back only when `gaveUp` says that the cell has nothing left: a rep that restarts must not look like a lost cell.
 */
export async function keepPresence(
  config: RepConfig,
  owner: string,
  deps: PresenceDeps,
  told: {
    readonly acquired: () => void;
    /** From now on others may believe that the cell is gone. */
    readonly lost: () => void;
    readonly gaveUp: () => boolean;
  },
  signal: AbortSignal,
): Promise<void> {
  const { locket, clock } = deps;
  const value = encodeCellPresence({
    cellId: config.cellId,
    repAddress: config.repAddress,
    repUrl: config.repUrl,
    zone: config.zone,
    capacity: config.capacity,
    rootfsProviders: rootfsProviders(config),
    placementTags: config.placementTags ?? [],
    optionalPlacementTags: config.optionalPlacementTags ?? [],
  });
  const keeping: LocketClient = {
    lock: (resource, ttlSeconds, limit) => locket.lock(resource, ttlSeconds, limit),
    release: async (resource, limit) => {
      if (told.gaveUp()) await locket.release(resource, limit);
    },
    fetch: (key, limit) => locket.fetch(key, limit),
    fetchAll: (type, limit) => locket.fetchAll(type, limit),
  };
  while (!signal.aborted) {
    const resource = { key: config.cellId, owner, value, type: "presence" } as const;
    const held = holdLock(resource, { locket: keeping, clock, log: deps.log }, signal);
    held.acquired.then(told.acquired, () => undefined);
    held.lost.addEventListener("abort", told.lost, { once: true });
    await held.released;
    await clock.sleep(RETRY_MS, signal).catch(() => undefined);
  }
}
