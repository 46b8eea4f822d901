/** RFC 4515: what a user types is a value in a filter, never a part of it. */
export function escapeFilterValue(value: string): string {
  return value.replaceAll(/[\\*()\0/\u0080-\uffff]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}

/** RFC 4514: a value in a distinguished name. */
export function escapeDnValue(value: string): string {
  return value
    .replaceAll(/[\\",+;<>=]/g, (character) => `\\${character}`)
    .replaceAll("\0", "\\00")
    .replace(/^[ #]/, (character) => `\\${character}`)
    .replace(/ $/, "\\ ");
}

/** A filter such as `(&(cn={0})(ou=x))` with the values in place; without parentheses around it gets some. */
export function fillFilter(pattern: string, values: readonly string[]): string {
  const filled = pattern.replaceAll(/\{(\d)\}/g, (_, index: string) => escapeFilterValue(values[Number(index)] ?? ""));
  return filled.startsWith("(") ? filled : `(${filled})`;
}

/** Distinguished names such as `cn={0},ou=Users,dc=test` with the name in place, one for each pattern. */
export function fillDnPatterns(patterns: string, delimiter: string, userName: string): string[] {
  return patterns
    .split(delimiter)
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== "")
    .map((pattern) => pattern.replaceAll("{0}", escapeDnValue(userName)));
}

/** The base of a URL such as `ldap://host:389/dc=test,dc=com`, put behind a name that is relative to it. */
export function withBase(name: string, base: string): string {
  if (base === "" || name.toLowerCase().endsWith(base.toLowerCase())) return name;
  return name === "" ? base : `${name},${base}`;
}
