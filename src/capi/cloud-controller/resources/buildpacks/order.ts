/** The order with `guid` at `position` (from 1); beyond the end means last. An unknown one is put in. */
export function movedTo(order: readonly string[], guid: string, position: number): string[] {
  const others = order.filter((other) => other !== guid);
  const at = Math.min(Math.max(1, position), others.length + 1) - 1;
  return [...others.slice(0, at), guid, ...others.slice(at)];
}
