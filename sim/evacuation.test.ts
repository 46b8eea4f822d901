import assert from "node:assert/strict";
import { test } from "node:test";
import { violations } from "./checks.ts";
import { SimCluster } from "./cluster.ts";
import { withoutRealTime } from "./no-real-time.ts";

const SEEDS = 5;
const STEP_MS = 100;

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`a cell is emptied and goes: every instance is served throughout (seed ${seed})`, async () => {
    await withoutRealTime(async () => {
      const cluster = new SimCluster({ seed, cells: 4 });
      for (const cell of cluster.cells) cell.calm = true; // apps that crash by themselves are another story
      cluster.start();
      await cluster.advance(120_000);
      cluster.workload.stop();
      await cluster.advance(180_000);
      assert.deepEqual(violations(cluster), []);
      const cell = cluster.cells.find(({ containers }) => containers.size > 0);
      assert.ok(cell !== undefined, "something runs");
      let wasEmptied = false;
      let evacuated = 0;
      cluster.drain(cell, 600_000, 60_000);
      for (let ms = 0; ms < 300_000; ms += STEP_MS) {
        await cluster.advance(STEP_MS);
        wasEmptied ||= !cell.up;
        evacuated = Math.max(evacuated, evacuating(cluster));
        assert.deepEqual(unserved(cluster), [], `${ms} ms after the beginning`);
      }
      assert.ok(wasEmptied, "the cell was left long before its time limit");
      assert.ok(evacuated > 0);
      assert.deepEqual(violations(cluster), []);
    });
  });
}

function evacuating({ bbsDisk }: SimCluster): number {
  return [...bbsDisk.actual.values()].filter(({ presence }) => presence === "EVACUATING").length;
}

/** Desired instances of which the BBS knows no record that runs, in a container that really runs. */
function unserved({ bbsDisk, cells }: SimCluster): string[] {
  const missing: string[] = [];
  for (const [processGuid, { instances }] of bbsDisk.desired) {
    for (let index = 0; index < instances; index++) {
      const isServed = [...bbsDisk.actual.values()].some(({ key, state, instanceKey }) => {
        if (key.processGuid !== processGuid || key.index !== index || state !== "RUNNING") return false;
        const cell = cells.find(({ cellId, up }) => up && cellId === instanceKey?.cellId);
        return cell?.containers.get(instanceKey!.instanceGuid)?.state === "running";
      });
      if (!isServed) missing.push(`${processGuid}/${index}`);
    }
  }
  return missing;
}
