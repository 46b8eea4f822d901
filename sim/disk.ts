import type { SeededRandom } from "./seeded-random.ts";
import type { SimProcess } from "./sim-process.ts";

/**
 * How long writes take, one after the other, and what becomes of those under way when their process is killed: the
 * first few of them reached the disk, nobody knows how many; never half of one, never out of order, never later.
 */
export function slowDisk(process: SimProcess, random: SeededRandom): (apply: () => void) => Promise<void> {
  const waiting: (() => void)[] = [];
  let busyUntilMs = 0;
  process.atDeath(() => {
    for (const apply of waiting.splice(0, random.below(waiting.length + 1))) apply();
  });
  return (apply) =>
    new Promise((resolve) => {
      waiting.push(apply);
      const nowMs = process.clock.nowMs();
      const tookMs = random.chance(10) ? random.between(50, 500) : random.between(1, 8);
      busyUntilMs = Math.max(busyUntilMs, nowMs) + tookMs;
      process.after(busyUntilMs - nowMs, () => {
        waiting.shift();
        apply();
        resolve();
      });
    });
}
