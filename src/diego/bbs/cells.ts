import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { CellPresence } from "../../protocol/cell.ts";
import { decodeCellPresence } from "../../protocol/cell-presence.ts";
import type { LocketClient } from "../locket/client.ts";

/** Limit of one question to Locket. */
const ASK_MS = 10_000;

/** The cells, as their presences in Locket tell. Diego: bbs/serviceclient/service_client.go */
export class Cells {
  readonly #locket: LocketClient;
  readonly #clock: Clock;

  constructor(locket: LocketClient, clock: Clock) {
    this.#locket = locket;
    this.#clock = clock;
  }

  /** Rejects when Locket does not answer: then nobody may conclude that cells are lost. */
  async all(signal: AbortSignal): Promise<Map<string, CellPresence>> {
    const presences = await this.#locket.fetchAll("presence", this.#clock.deadline(ASK_MS, signal));
    const cells = new Map<string, CellPresence>();
    for (const { value } of presences) {
      const cell = decodeCellPresence(value);
      if (cell !== null) cells.set(cell.cellId, cell);
    }
    return cells;
  }

  async byId(cellId: string, signal: AbortSignal): Promise<CellPresence | null> {
    const presence = await this.#locket.fetch(cellId, this.#clock.deadline(ASK_MS, signal));
    return presence === null ? null : decodeCellPresence(presence.value);
  }
}

export interface CellWatchDeps {
  readonly cells: Cells;
  readonly clock: Clock;
  readonly log: Log;
  /** Some cell came or went since the last look. */
  readonly changed: (change: { readonly lost: readonly string[]; readonly found: readonly string[] }) => void;
}

/** Looks at the presences every `intervalMs` until aborted. */
export async function watchCells(intervalMs: number, deps: CellWatchDeps, signal: AbortSignal): Promise<void> {
  let known = new Set<string>();
  while (!signal.aborted) {
    try {
      const now = new Set((await deps.cells.all(signal)).keys());
      const lost = [...known].filter((cellId) => !now.has(cellId));
      const found = [...now].filter((cellId) => !known.has(cellId));
      known = now;
      if (lost.length > 0) deps.log.warn("cells lost", { cells: lost });
      if (found.length > 0) deps.log.info("cells found", { cells: found });
      if (lost.length + found.length > 0) deps.changed({ lost, found });
    } catch (error) {
      if (!signal.aborted) deps.log.warn("cells not known", { error });
    }
    await deps.clock.sleep(intervalMs, signal).catch(() => undefined);
  }
}
