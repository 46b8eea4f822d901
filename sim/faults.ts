import type { SimCluster } from "./cluster.ts";

/** Cells that stay up whatever happens, so that there is room for everything. */
const CELLS_UP_MIN = 2;

/** What goes wrong, one thing at a time, until `forMs` are over; then everything is whole again. */
export async function injectFaults(cluster: SimCluster, forMs: number): Promise<void> {
  const { random, scheduler, network } = cluster;
  const endMs = scheduler.nowMs + forMs;
  network.lossPercent = random.pick([0, 1, 5, 20]);
  network.latePercent = random.pick([0, 2, 10, 30]);
  network.lateMs = random.pick([1_000, 9_000, 30_000]);
  network.stalePercent = random.pick([0, 20]);
  // Death is most interesting right after a message, in the middle of its work.
  const fatalPercent = random.pick([0, 0.05, 0.3]);
  network.onArrival = (process) => {
    if (process.name !== "user" && random.chance(fatalPercent)) scheduler.after(random.below(12), () => process.kill());
  };
  const cutOff = new Set<string>();
  const cutLinks = new Map<string, () => void>();
  const heal = (node: string): void => {
    if (cutOff.delete(node)) network.heal(node);
  };
  while (scheduler.nowMs < endMs) {
    await cluster.advance(random.between(2_000, 30_000));
    const up = cluster.cells.filter((cell) => cell.up);
    switch (random.below(6)) {
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
      case 5: {
        const cell = random.pick(cluster.cells);
        if (cell.up && up.length > CELLS_UP_MIN) cluster.drain(cell, 60_000, random.between(1_000, 60_000));
        break;
      }
      case 4: {
        const [a, b] = [random.pick(cluster.roles), random.pick(cluster.roles)].map((role) =>
          role.replace(/^rep-/, ""),
        );
        const link = `${a} ${b}`;
        if (a === b || cutLinks.has(link)) break;
        network.cutLink(a!, b!);
        cutLinks.set(link, () => {
          if (cutLinks.delete(link)) network.healLink(a!, b!);
        });
        scheduler.after(random.between(1_000, 90_000), () => cutLinks.get(link)?.());
        break;
      }
    }
  }
  for (const node of [...cutOff]) heal(node);
  for (const healLink of [...cutLinks.values()]) healLink();
  network.onArrival = null;
  network.stalePercent = 0;
  network.lossPercent = 0;
  network.latePercent = 0;
  for (const cell of cluster.cells) {
    cell.calm = true;
    if (!cell.up) cluster.reviveMachine(cell);
  }
}
