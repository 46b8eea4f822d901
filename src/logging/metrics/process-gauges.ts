import { readFileSync } from "node:fs";
import { watchEventLoop } from "../../kit/event-loop-delay.ts";

/** How a process is doing. Limit for all of them: 20 ms of event-loop delay at p99.9 (design, budgets). */
export interface ProcessGauges {
  /** Since the last reading. */
  readonly eventLoopP999Ms: number;
  readonly rssBytes: number;
  /** This process's share of memory that others map too; null where the kernel does not tell. */
  readonly pssBytes: number | null;
  readonly heapUsedBytes: number;
  /** User and system time since the start of the process. */
  readonly cpuMs: number;
}

/** Starts measuring this process; each `read` begins a new period. */
export function startProcessGauges(): Disposable & { read(): ProcessGauges } {
  const loop = watchEventLoop();
  return {
    read: () => {
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed } = process.memoryUsage();
      return {
        eventLoopP999Ms: loop.readP999Ms(),
        rssBytes: rss,
        pssBytes: pssBytes(),
        heapUsedBytes: heapUsed,
        cpuMs: (user + system) / 1000,
      };
    },
    [Symbol.dispose]: () => loop[Symbol.dispose](),
  };
}

function pssBytes(): number | null {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
