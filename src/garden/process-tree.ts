import { readdirSync } from "node:fs";
import { readIfThere } from "./process-folder.ts";

/** proc(5) counts CPU time in these; the kernel fixes it to 100 for user space. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

export interface TreeUsage {
  readonly memoryUsageBytes: number;
  readonly cpuUsageNs: bigint;
  readonly pids: number;
}

/** Children of a process, whichever of its threads has them. Empty when it is gone. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      (readIfThere(`/proc/${pid}/task/${thread}/children`) ?? "").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return []; // gone
  }
}

/** A process and everything below it. */
export function processTree(root: number): number[] {
  const found = [root];
  for (let next = 0; next < found.length; next++) found.push(...childrenOf(found[next]!));
  return found;
}

/** Sum over processes: resident memory (shared pages counted each time), CPU time with that of ended children. */
export function usageOf(pids: readonly number[]): TreeUsage {
  let memoryUsageBytes = 0;
  let ticks = 0;
  let alive = 0;
  for (const pid of pids) {
    const stat = readIfThere(`/proc/${pid}/stat`);
    if (stat === null) continue;
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    alive++;
    ticks += [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
    memoryUsageBytes += Number(fields[21] ?? 0) * PAGE_BYTES;
  }
  return { memoryUsageBytes, cpuUsageNs: BigInt(Math.round((ticks / TICKS_PER_SECOND) * 1e9)), pids: alive };
}
