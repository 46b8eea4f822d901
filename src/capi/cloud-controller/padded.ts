/**
 * The values and the last of them again, up to a power of two: for `IN (…)`, so that lists of all lengths share few statements, which databases
 * prepare once. None stay none.
 */
export function padded<T>(values: readonly T[]): readonly T[] {
  const last = values.at(-1);
  if (last === undefined) return values;
  const all = [...values];
  while ((all.length & (all.length - 1)) !== 0) all.push(last);
  return all;
}
