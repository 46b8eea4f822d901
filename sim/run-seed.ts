import { violations } from "./checks.ts";
import { SimCluster } from "./cluster.ts";
import { injectFaults } from "./faults.ts";
import { withoutRealTime } from "./no-real-time.ts";

export interface SeedResult {
  readonly seed: number;
  readonly traceHash: string;
  /** Virtual events that fired. */
  readonly events: number;
  readonly violations: readonly string[];
  readonly apps: number;
  readonly tasks: number;
}

const BOOT_MS = 40_000;
const FAULTS_MS = 8 * 60_000;
/** Crash back-off (up to some minutes), lock and presence TTLs, convergence: then all must be well. */
const QUIET_MS = 12 * 60_000;

/** One life of a cluster: boot, eight minutes of faults under load, twelve of peace; then the truths are checked. */
export function runSeed(seed: number, listener?: (line: string) => void): Promise<SeedResult> {
  return withoutRealTime(async () => {
    const cluster = new SimCluster({ seed, cells: 4, ...(listener === undefined ? {} : { listener }) });
    cluster.start();
    await cluster.advance(BOOT_MS);
    await injectFaults(cluster, FAULTS_MS);
    cluster.workload.stop();
    await cluster.advance(QUIET_MS);
    return {
      seed,
      traceHash: cluster.scheduler.traceHash(),
      events: cluster.scheduler.fired,
      violations: violations(cluster),
      apps: cluster.workload.apps.size,
      tasks: cluster.workload.tasks.size,
    };
  });
}
