/** Diego: bbs/models/restart_calculator.go */
const IMMEDIATE_RESTARTS = 3;
const RESTARTS_MAX = 200;
const BACKOFF_MIN_NS = 30_000_000_000n;
/** 30 s doubled five times: 16 minutes. */
const BACKOFF_EXPONENT_MAX = 5;
/** Diego: bbs/models/actual_lrp.go, CrashResetTimeout */
const CRASH_RESET_NS = 300_000_000_000n;

/** The first two crashes in a row restart at once. */
export function restartsAtOnce(crashCount: number): boolean {
  return crashCount < IMMEDIATE_RESTARTS;
}

/** When a crashed instance may run again; null: it never does by itself. Nanoseconds since the epoch. */
export function restartDueNs(crashedAtNs: bigint, crashCount: number): bigint | null {
  if (restartsAtOnce(crashCount)) return crashedAtNs;
  if (crashCount >= RESTARTS_MAX) return null;
  const exponent = Math.min(crashCount - IMMEDIATE_RESTARTS, BACKOFF_EXPONENT_MAX);
  return crashedAtNs + BACKOFF_MIN_NS * BigInt(2 ** exponent);
}

/** A run of more than five minutes wipes the slate: its crash counts as the first. */
export function nextCrashCount(state: string, sinceNs: bigint, crashCount: number, nowNs: bigint): number {
  return state === "RUNNING" && nowNs - sinceNs > CRASH_RESET_NS ? 1 : crashCount + 1;
}
