import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { place } from "../src/diego/auctioneer/place.ts";
import { startBbs } from "../src/diego/bbs/index.ts";
import { decideLrpConvergence } from "../src/diego/bbs/lrp-convergence.ts";
import { LrpTable } from "../src/diego/bbs/lrp-table.ts";
import { sampleDesiredLrp } from "../src/diego/bbs/sample-records.ts";
import { startLocket } from "../src/diego/locket/index.ts";
import { systemClock } from "../src/kit/clock-system.ts";
import { silentLog } from "../src/kit/log.ts";
import { systemRandom } from "../src/kit/random-system.ts";
import { runSliced } from "../src/kit/sliced.ts";
import type { CellState } from "../src/protocol/cell.ts";
import type { ActualLrp } from "../src/protocol/lrp.ts";
import { median, printFigure, timed } from "./_measure.ts";

export const name = "bbs";
export const about = "BBS: convergence of 50,000 and 250,000 instances, requests per second; placement of 10,000 LRPs";

const INSTANCES_PER_PROCESS = 5;
const CELLS = 1_000;
const clock = systemClock();
const random = systemRandom();
const never = new AbortController().signal;

/** The Go BBS, measured on two cores: convergence of 50k 2.6 s, DesireLRP 481/s, ClaimActualLRP 1,788/s, placement of 10k on 1,000 cells 17.1 s. */
export async function run(): Promise<void> {
  await convergence(50_000, "");
  await convergence(250_000, "1,000 ms");
  await placement(10_000, CELLS, "500 ms");
  await requests();
}

/** The work of one convergence with nothing to repair, and the longest time that it held the event loop. */
async function convergence(instances: number, budget: string): Promise<void> {
  const table = new LrpTable();
  const cells = new Set<string>();
  for (let cell = 0; cell < CELLS; cell++) cells.add(`cell-${cell}`);
  for (let process = 0; process < instances / INSTANCES_PER_PROCESS; process++) {
    const processGuid = `${random.guid()}-${random.guid()}`;
    const routes = { "internal-router": [{ hostname: `app-${process}.apps.internal` }] };
    const metricTags = {
      source_id: { kind: "static", value: processGuid },
      instance_id: { kind: "dynamic", value: "INDEX" },
    } as const;
    table.desired.set(
      processGuid,
      sampleDesiredLrp({ processGuid, instances: INSTANCES_PER_PROCESS, routes, metricTags, metricsGuid: processGuid }),
    );
    for (let index = 0; index < INSTANCES_PER_PROCESS; index++) {
      const after = runningLrp(processGuid, index, `cell-${random.below(CELLS)}`, routes["internal-router"]);
      table.apply({ before: null, after });
    }
  }
  const totals: number[] = [];
  let longestMs = 0;
  for (let round = 0; round < 5; round++) {
    let sliceStartMs = performance.now();
    const { ms, result } = await timed(() =>
      runSliced(
        decideLrpConvergence({
          desired: table.desired,
          processes: table.processes,
          cells,
          freshDomains: new Set(["cf-apps"]),
          nowNs: clock.nowNs(),
        }),
        clock,
        async () => {
          longestMs = Math.max(longestMs, performance.now() - sliceStartMs);
          await setImmediate();
          sliceStartMs = performance.now();
        },
      ),
    );
    if (result.length > 0) throw new Error(`nothing was to be repaired, yet ${result.length} actions`);
    totals.push(ms);
  }
  printFigure(
    `convergence of ${instances.toLocaleString("en")} instances, nothing to repair`,
    `${median(totals).toFixed(0)} ms`,
    budget,
  );
  printFigure("  longest slice", `${longestMs.toFixed(1)} ms`, "20 ms");
}

function runningLrp(
  processGuid: string,
  index: number,
  cellId: string,
  internalRoutes: ActualLrp["internalRoutes"],
): ActualLrp {
  return {
    key: { processGuid, index, domain: "cf-apps" },
    instanceKey: { instanceGuid: random.guid(), cellId },
    netInfo: { address: "10.0.0.1", ports: [], instanceAddress: "10.255.0.1", preferredAddress: "HOST" },
    crashCount: 0,
    crashReason: "",
    state: "RUNNING",
    placementError: "",
    sinceNs: clock.nowNs(),
    modificationTag: { epoch: random.guid(), index: 2 },
    presence: "ORDINARY",
    metricTags: { source_id: processGuid, instance_id: String(index) },
    internalRoutes,
    routable: true,
    availabilityZone: "z1",
  };
}

async function placement(lrps: number, cellCount: number, budget: string): Promise<void> {
  const resources = { memoryMb: 65_536, diskMb: 1_048_576, containers: 250 };
  const cells: CellState[] = Array.from({ length: cellCount }, (_, at) => ({
    cellId: `cell-${at}`,
    repUrl: "",
    zone: `z${at % 3}`,
    total: resources,
    available: resources,
    lrps: [],
    tasks: [],
    startingContainerCount: 0,
    evacuating: false,
    rootfsProviders: { preloaded: ["cflinuxfs4"] },
    placementTags: [],
    optionalPlacementTags: [],
    volumeDrivers: [],
  }));
  const need = {
    memoryMb: 256,
    diskMb: 1_024,
    maxPids: 1024,
    rootfs: "preloaded:cflinuxfs4",
    placementTags: [],
    volumeDrivers: [],
  };
  const batch = {
    lrps: Array.from({ length: lrps }, (_, at) => ({
      ...need,
      key: {
        processGuid: `process-${Math.floor(at / INSTANCES_PER_PROCESS)}`,
        index: at % INSTANCES_PER_PROCESS,
        domain: "cf-apps",
      },
      attempts: 0,
    })),
    tasks: [],
  };
  const totals: number[] = [];
  for (let round = 0; round < 5; round++) {
    const work = place(cells, batch, { startingContainerWeight: 0.25, startingContainerCountMax: 0 });
    totals.push((await timed(() => runSliced(work, clock, () => setImmediate()))).ms);
  }
  printFigure(
    `placement of ${lrps.toLocaleString("en")} LRPs on ${cellCount.toLocaleString("en")} cells`,
    `${median(totals).toFixed(0)} ms`,
    budget,
  );
}

/** Requests per second at 16 callers, each answered when it is on disk. */
async function requests(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ingot-bench-"));
  const deps = { clock, random, log: silentLog() };
  try {
    await using locket = await startLocket({ databasePath: join(folder, "locket.sqlite") }, deps);
    const http = { request: () => Promise.reject(new Error("no callbacks here")) };
    const repOf = (): never => {
      throw new Error("no cells here");
    };
    await using bbs = await startBbs(
      { databasePath: join(folder, "bbs.sqlite") },
      { ...deps, locket: locket.client, auctioneer: () => null, repOf, http },
    );
    const count = 10_000;
    const guids = Array.from({ length: count }, () => random.guid());
    const measure = async (what: string, call: (processGuid: string) => Promise<void>): Promise<void> => {
      const waiting = [...guids];
      const worker = async (): Promise<void> => {
        for (let guid = waiting.pop(); guid !== undefined; guid = waiting.pop()) await call(guid);
      };
      const { ms } = await timed(() => Promise.all(Array.from({ length: 16 }, worker)));
      printFigure(`${what}, 16 callers, durable`, `${Math.round((count / ms) * 1000).toLocaleString("en")} /s`);
    };
    const instanceKey = { instanceGuid: "instance", cellId: "cell-1" };
    const keyOf = (processGuid: string) => ({ processGuid, index: 0, domain: "cf-apps" });
    await measure("desireLrp", (processGuid) => bbs.client.desireLrp(sampleDesiredLrp({ processGuid }), never));
    await measure("claimActualLrp", (processGuid) => bbs.client.claimActualLrp(keyOf(processGuid), instanceKey, never));
    await measure("actualLrps by process guid", async (processGuid) => {
      await bbs.client.actualLrps({ processGuid }, never);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
