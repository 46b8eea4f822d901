/** Median of several figures. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How long `work` takes, milliseconds. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const startedMs = performance.now();
  const result = await work();
  return { ms: performance.now() - startedMs, result };
}

/** One line of a benchmark's output: what, figure, budget. */
export function printFigure(what: string, figure: string, budget = ""): void {
  process.stdout.write(`${what.padEnd(52)} ${figure.padStart(14)}${budget === "" ? "" : `   budget ${budget}`}\n`);
}
