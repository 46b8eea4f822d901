import type { SeededRandom } from "./seeded-random.ts";
import type { SimProcess } from "./sim-process.ts";

/**
 * How long a write takes, and what becomes of it when its process is killed meanwhile: it reached the disk or it did
 * not, nobody knows which; never half of it, never later.
 */
export function slowDisk(process: SimProcess, random: SeededRandom): (apply: () => void) => Promise<void> {
  return (apply) =>
    new Promise((resolve) => {
      const reachesDisk = random.chance(50);
      process.after(random.chance(2) ? random.between(50, 500) : random.between(1, 8), () => {
        survived();
        apply();
        resolve();
      });
      const survived = process.atDeath(() => {
        if (reachesDisk) apply();
      });
    });
}
