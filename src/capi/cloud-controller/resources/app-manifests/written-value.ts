/**
 * A value of a manifest as text. Never throws: an object of YAML may hold anything under `toString`, which `String()` would call.
 */
export function written(value: unknown): string {
  return typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value);
}
