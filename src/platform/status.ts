import { readFileSync } from "node:fs";
import { join } from "node:path";
import { askControl } from "./control.ts";

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
