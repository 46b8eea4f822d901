/** UAA: oauth-endpoints.xml, defaultUserLockoutPolicy */
export const LOCKOUT = { failuresMax: 5, countWithinMs: 1_200_000, lockedForMs: 300_000 } as const;

/**
 * Whether an account refuses even the right password. `failuresMs`: times of the failures since the last success,
 * in any order. UAA: CommonLoginPolicy.isAllowed
 */
export function isLockedOut(failuresMs: readonly number[], nowMs: number): boolean {
  const counted = failuresMs.filter((at) => at > nowMs - LOCKOUT.countWithinMs);
  if (counted.length < LOCKOUT.failuresMax) return false;
  return Math.max(...counted) > nowMs - LOCKOUT.lockedForMs;
}
