import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** How a process is doing. Limit for all of them: 20 ms of event-loop delay at p99.9 (design, budgets). */
export interface ProcessGauges {
  /** Since the last reading. The timer's own resolution is taken off. */
  readonly eventLoopP999Ms: number;
  readonly rssBytes: number;
  /** This process's share of memory that others map too; null where the kernel does not tell. */
  readonly pssBytes: number | null;
  readonly heapUsedBytes: number;
  /** User and system time since the start of the process. */
  readonly cpuMs: number;
}

const RESOLUTION_MS = 20;

/** Starts measuring this process; each `read` begins a new period. */
export function startProcessGauges(): Disposable & { read(): ProcessGauges } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return {
    read: () => {
      const p999Ms = delay.count === 0 ? 0 : delay.percentile(99.9) / 1e6;
      delay.reset();
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed } = process.memoryUsage();
      return {
        eventLoopP999Ms: Math.max(0, p999Ms - RESOLUTION_MS),
        rssBytes: rss,
        pssBytes: pssBytes(),
        heapUsedBytes: heapUsed,
        cpuMs: (user + system) / 1000,
      };
    },
    [Symbol.dispose]: () => void delay.disable(),
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
