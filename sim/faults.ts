import type { SimCluster } from "./cluster.ts";

/** Cells that stay up whatever happens, so that there is room for everything. */
const CELLS_UP_MIN = 2;

/** What goes wrong, one thing at a time, until `forMs` are over; then everything is whole again. */
export async function injectFaults(cluster: SimCluster, forMs: number): Promise<void> {
  const { random, scheduler, network } = cluster;
  const endMs = scheduler.nowMs + forMs;
  network.lossPercent = random.pick([0, 1, 5, 10]);
  network.latePercent = random.pick([0, 2, 10]);
  network.lateMs = random.pick([1_000, 9_000, 30_000]);
  const cutOff = new Set<string>();
  const heal = (node: string): void => {
    if (cutOff.delete(node)) network.heal(node);
  };
  while (scheduler.nowMs < endMs) {
    await cluster.advance(random.between(2_000, 30_000));
    const up = cluster.cells.filter((cell) => cell.up);
    switch (random.below(4)) {
      case 0:
      case 1:
        cluster.kill(random.pick(cluster.roles));
        break;
      case 2: {
        const cell = random.pick(cluster.cells);
        if (!cell.up || up.length <= CELLS_UP_MIN) break;
        cluster.killMachine(cell);
        scheduler.after(random.between(1_000, 120_000), () => {
          if (!cell.up) cluster.reviveMachine(cell);
        });
        break;
      }
      case 3: {
        const node = random.pick(cluster.roles).replace(/^rep-/, "");
        if (cutOff.has(node)) break;
        cutOff.add(node);
        network.cutOff(node);
        scheduler.after(random.between(1_000, 60_000), () => heal(node));
        break;
      }
    }
  }
  for (const node of [...cutOff]) heal(node);
  network.lossPercent = 0;
  network.latePercent = 0;
  for (const cell of cluster.cells) {
    cell.calm = true;
    if (!cell.up) cluster.reviveMachine(cell);
  }
}
