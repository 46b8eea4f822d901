import { GARDEN_DEFAULTS, startGarden } from "../garden/index.ts";
import { systemClock } from "../kit/clock-system.ts";
import { silentLog } from "../kit/log.ts";
import { systemRandom } from "../kit/random-system.ts";
import { systemSubprocess } from "../kit/subprocess.ts";
import { stopLeftWorkers } from "../routing/gorouter/index.ts";
import type { IngotConfig } from "./config.ts";
import type { StateFolder } from "./state-folder.ts";

/** Ends containers and router workers that no main process looks after, and takes away what they had on this machine. */
export async function removeLeftovers(config: IngotConfig, state: StateFolder): Promise<void> {
  stopLeftWorkers(state.run);
  const garden = await startGarden(
    {
      ...GARDEN_DEFAULTS,
      root: state.garden,
      cacheRoot: state.cache,
      stateHash: state.hash,
      isolation: config.isolation,
      stacks: [], // nothing is to run: none is made
    },
    { clock: systemClock(), random: systemRandom(), subprocess: systemSubprocess(), log: silentLog() },
  );
  await garden.destroyAll();
  await garden[Symbol.asyncDispose]();
}
