import { readFileSync } from "node:fs";
import { startTicksOf } from "../../kit/process-identity.ts";
import type { WorkerConfig } from "./config.ts";
import { notedProcess, workersLeft } from "./worker-files.ts";

/** Ports that workers of an earlier main process still serve on: taken, but by our own, which the next start adopts. */
export function runningWorkerPorts(stateRun: string): number[] {
  const ports = new Set<number>();
  for (const name of workersLeft(stateRun)) {
    const worker = notedProcess(stateRun, name);
    if (worker === null || startTicksOf(worker.pid) !== worker.startTicks) continue;
    try {
      const { listen } = JSON.parse(readFileSync(`${stateRun}/${name}.json`, "utf8")) as WorkerConfig;
      for (const { port } of listen) ports.add(port);
    } catch {
      // A worker whose file is gone is replaced; its ports then count as foreign.
    }
  }
  return [...ports];
}
