import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../kit/process-identity.ts";
import { readCommandLine } from "../platform/config.ts";
import { askControl } from "../platform/control.ts";
import { lockHolder } from "../platform/instance-lock.ts";
import { openStateFolder } from "../platform/state-folder.ts";

/** Apps get ten seconds after SIGTERM, then everything is removed. */
const STOPPED_WITHIN_MS = 60_000;

/** `./ingot down [--keep-apps]`: stops everything, also what a killed main process has left behind. */
export async function down(argv: readonly string[]): Promise<number> {
  const { config, flags } = readCommandLine(argv, process.env, { "keep-apps": "boolean" });
  if (!existsSync(config.state)) {
    process.stdout.write(`nothing runs on ${config.state}\n`);
    return 0;
  }
  const state = openStateFolder(config.state);
  const holder = lockHolder(state.root);
  if (holder !== null) {
    const apps = flags["keep-apps"] === true ? "keep" : "stop";
    const answer = await askControl(join(state.run, "control.sock"), "POST", `/stop?apps=${apps}`, 5000);
    if (answer === null) process.kill(holder.pid, "SIGTERM");
    const endMs = performance.now() + STOPPED_WITHIN_MS;
    while (isAlive(holder)) {
      if (performance.now() > endMs) {
        process.stderr.write(`ingot down: pid ${holder.pid} does not stop by itself: killed\n`);
        process.kill(holder.pid, "SIGKILL");
      }
      await sleep(20);
    }
  }
  if (flags["keep-apps"] !== true) {
    const { removeLeftovers } = await import("../platform/leftovers.ts");
    await removeLeftovers(config, state);
  }
  process.stdout.write(`stopped (${state.root})\n`);
  return 0;
}
