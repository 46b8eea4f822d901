/** `2026-01-31T23:59:59Z`: CC shows whole seconds. */
export function presentTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
