/** As the official command line prints objects: indented by two, names in the order of their letters. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, sorted, 2);
}

function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
