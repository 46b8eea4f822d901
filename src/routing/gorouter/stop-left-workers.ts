import { killExactly } from "../../kit/process-identity.ts";
import { forgetWorker, notedProcess, workersLeft } from "./worker-files.ts";

/** Ends workers that serve on although no main process is left to tell them so (`./ingot down` after a kill -9). */
export function stopLeftWorkers(stateRun: string): void {
  for (const name of workersLeft(stateRun)) {
    const worker = notedProcess(stateRun, name);
    if (worker !== null) killExactly(worker.pid, worker.startTicks, "SIGTERM");
    forgetWorker(stateRun, name);
  }
}
