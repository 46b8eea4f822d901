/** The order of two texts by their characters, as Go's sort has it; for `sort`. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
