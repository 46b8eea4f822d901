import { freemem, totalmem } from "node:os";
import { GARDEN_DEFAULTS, startGarden } from "../../garden/index.ts";
import type { IngotConfig } from "../config.ts";
import type { Assembly } from "./assembly.ts";

/** What the platform and the machine keep for themselves. */
const RESERVED_MEMORY_BYTES = 2 * 1024 ** 3;
const CELL_MEMORY_MIN_BYTES = 512 * 1024 ** 2;

export interface GardenStart {
  readonly starts: ReturnType<typeof startGarden>;
  /** Everything has started: what Garden made on the machine stays, whatever comes. */
  keepTraces(): void;
}

/**
 * Starts Garden beside everything else. A start of the platform that fails leaves the machine as it was, unless containers
 * of an earlier run need what Garden has made.
 */
export function beginGarden({ site, deps, log, keep }: Assembly, cleanup: AsyncDisposableStack): GardenStart {
  const { config, state, ports } = site;
  const { clock, random, subprocess } = deps;
  const alone = startGarden(
    {
      ...GARDEN_DEFAULTS,
      root: state.garden,
      cacheRoot: state.cache,
      stateHash: state.hash,
      isolation: config.isolation,
      relayPorts: [ports.http, ports.https].map((port) => ({ containerPort: port, gatewayPort: port })),
      memoryCapacityBytes: cellMemoryBytes(config),
    },
    { clock, random, subprocess, log: log("garden") },
  );
  const starts = keep(alone);
  let standing = false;
  cleanup.defer(async () => {
    const garden = standing ? null : await alone.catch(() => null);
    if (garden !== null && (await garden.client.list()).length === 0) await garden.destroyAll();
  });
  return {
    starts,
    keepTraces: () => {
      standing = true;
    },
  };
}

function cellMemoryBytes(config: IngotConfig): number {
  if (config.cellMemoryMb !== null) return config.cellMemoryMb * 1024 ** 2;
  return Math.max(CELL_MEMORY_MIN_BYTES, totalmem() - RESERVED_MEMORY_BYTES, Math.min(freemem(), totalmem()) / 2);
}
