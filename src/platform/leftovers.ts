import { existsSync } from "node:fs";
import { join } from "node:path";
import { chooseIsolation, GARDEN_DEFAULTS, type Isolation, probeMachine, startGarden } from "../garden/index.ts";
import { systemClock } from "../kit/clock-system.ts";
import { silentLog } from "../kit/log.ts";
import { systemRandom } from "../kit/random-system.ts";
import { systemSubprocess } from "../kit/subprocess.ts";
import { stopLeftWorkers } from "../routing/gorouter/index.ts";
import type { IngotConfig } from "./config.ts";
import { notedIsolation } from "./isolation-note.ts";
import type { StateFolder } from "./state-folder.ts";

/** Ends containers and router workers that no main process looks after, and takes away what they had on this machine. */
export async function removeLeftovers(config: Pick<IngotConfig, "isolation">, state: StateFolder): Promise<void> {
  stopLeftWorkers(state.run);
  if (existsSync(join(state.garden, "garden.sqlite"))) {
    await removeContainers(notedIsolation(state) ?? config.isolation, state);
  }
}

/** Containers of one kind are unknown to the others: when the kind changes, those of the last run end, with their routes. */
export async function endOtherIsolation(
  config: Pick<IngotConfig, "isolation">,
  state: StateFolder,
  say: (line: string) => void,
): Promise<void> {
  const noted = notedIsolation(state);
  const choice = chooseIsolation(config.isolation, probeMachine());
  if (noted === null || "impossible" in choice || choice.isolation === noted) return;
  say(`isolation was ${noted} and becomes ${choice.isolation}: instances start anew`);
  await removeLeftovers({ isolation: noted }, state);
}

async function removeContainers(isolation: "auto" | Isolation, state: StateFolder): Promise<void> {
  const garden = await startGarden(
    {
      ...GARDEN_DEFAULTS,
      root: state.garden,
      cacheRoot: state.cache,
      stateHash: state.hash,
      isolation,
      stacks: [], // nothing is to run: none is made
    },
    { clock: systemClock(), random: systemRandom(), subprocess: systemSubprocess(), log: silentLog() },
  );
  await garden.destroyAll();
  await garden[Symbol.asyncDispose]();
}
