import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BbsClient } from "../diego/bbs/client.ts";
import type { RepClient } from "../diego/rep/index.ts";
import type { RunningGarden } from "../garden/index.ts";
import type { Clock } from "../kit/clock.ts";
import type { ProcessGauges } from "../logging/metrics/index.ts";
import type { Gorouter } from "../routing/gorouter/index.ts";
import { askControl } from "./control.ts";
import type { Ports } from "./ports.ts";

/** What `./ingot status --json` prints. */
export interface PlatformStatus {
  readonly state: "starting" | "ready" | "stopping";
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly apiUrl: string;
  readonly ports: { readonly http: number; readonly https: number };
  readonly isolation: string;
  /** What is lost against full containers, a line each. */
  readonly notes: readonly string[];
  readonly cells: readonly { readonly cellId: string; readonly memoryMb: number; readonly containers: number }[];
  readonly instances: { readonly desired: number; readonly running: number };
  readonly processes: readonly ProcessStatus[];
}

export interface ProcessStatus {
  readonly role: string;
  readonly pid: number;
  /** Proportional set size, KiB. */
  readonly pssKb: number;
  /** Since the last status; null where the process does not tell. */
  readonly eventLoopP999Ms: number | null;
}

const ANSWER_MS = 5_000;

/** What whoever asks knows itself. */
export interface StatusFacts {
  readonly startedAtMs: number;
  readonly apiUrl: string;
  readonly ports: Ports;
}

/** Asks everything that runs in this process, and the router's workers. Rejects when one does not answer in time. */
export async function readStatus(
  { startedAtMs, apiUrl, ports }: StatusFacts,
  parts: {
    readonly clock: Clock;
    readonly bbs: BbsClient;
    readonly garden: RunningGarden;
    readonly gorouter: Gorouter;
    readonly gauges: { read(): ProcessGauges };
    readonly repOf: (cell: { readonly cellId: string }) => RepClient;
  },
): Promise<PlatformStatus> {
  const { clock, bbs, garden, gorouter, gauges, repOf } = parts;
  const limit = clock.deadline(ANSWER_MS);
  const cells = await bbs.cells(limit);
  const states = await Promise.all(cells.map((cell) => repOf(cell).state(limit)));
  const desired = await bbs.desiredLrpSchedulingInfos({}, limit);
  const actual = await bbs.actualLrps({}, limit);
  const workers = await gorouter.stats(limit);
  return {
    state: "ready",
    pid: process.pid,
    uptimeSeconds: (clock.nowMs() - startedAtMs) / 1000,
    apiUrl,
    ports,
    isolation: garden.isolation,
    notes: garden.notes,
    cells: states.map(({ cellId, total, lrps, tasks }) => ({
      cellId,
      memoryMb: total.memoryMb,
      containers: lrps.length + tasks.length,
    })),
    instances: {
      desired: desired.reduce((sum, { instances }) => sum + instances, 0),
      running: actual.filter(({ state }) => state === "RUNNING").length,
    },
    processes: [
      { role: "main", pid: process.pid, pssKb: pssKb(process.pid), eventLoopP999Ms: gauges.read().eventLoopP999Ms },
      ...workers.map(({ pid, eventLoopP999Ms }) => ({ role: "gorouter", pid, pssKb: pssKb(pid), eventLoopP999Ms })),
    ],
  };
}

/** Asks whoever runs on that state folder; null when nobody answers. While it starts or stops, `state` and `pid` are all it tells. */
export async function askStatus(stateRoot: string): Promise<PlatformStatus | null> {
  return (await askControl(
    join(stateRoot, "run", "control.sock"),
    "GET",
    "/status",
    ANSWER_MS,
  )) as PlatformStatus | null;
}

/** Memory of a process with shared pages divided among their users, KiB; 0 when it cannot be read. */
export function pssKb(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
