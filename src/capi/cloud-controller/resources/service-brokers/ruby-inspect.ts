/** A JSON value as CC's texts show it. Ruby 3.3: Object#inspect */
export function inspected(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (typeof value === "string") return JSON.stringify(value).replaceAll("#{", "\\#{");
  if (Array.isArray(value)) return `[${value.map(inspected).join(", ")}]`;
  if (typeof value === "object") {
    const pairs = Object.entries(value).map(([key, entry]) => `${inspected(key)}=>${inspected(entry)}`);
    return `{${pairs.join(", ")}}`;
  }
  return String(value);
}
