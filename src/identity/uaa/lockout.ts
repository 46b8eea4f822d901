/** When an account closes for a while. UAA: LockoutPolicy */
export interface LockoutPolicy {
  /** 0: never. */
  readonly lockoutAfterFailures: number;
  /** Seconds in which failures count. */
  readonly countFailuresWithin: number;
  readonly lockoutPeriodSeconds: number;
}

/** UAA: oauth-endpoints.xml, defaultUserLockoutPolicy */
export const DEFAULT_LOCKOUT: LockoutPolicy = {
  lockoutAfterFailures: 5,
  countFailuresWithin: 1200,
  lockoutPeriodSeconds: 300,
};

/** Failures are kept this long, whatever the policy says; older ones count for nobody. */
export const FAILURES_KEPT_MS = 86_400_000;

/**
 * Whether an account refuses even the right password. `failuresMs`: times of the failures since the last success,
 * in any order. UAA: CommonLoginPolicy.isAllowed
 */
export function isLockedOut(failuresMs: readonly number[], nowMs: number, policy = DEFAULT_LOCKOUT): boolean {
  if (policy.lockoutAfterFailures <= 0) return false;
  const counted = failuresMs.filter((at) => at > nowMs - policy.countFailuresWithin * 1000);
  if (counted.length < policy.lockoutAfterFailures) return false;
  return Math.max(...counted) > nowMs - policy.lockoutPeriodSeconds * 1000;
}
