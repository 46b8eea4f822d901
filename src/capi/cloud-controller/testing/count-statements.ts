import { StatementSync } from "node:sqlite";

type Run = (...args: readonly unknown[]) => unknown;

/**
 * Counts the statements that SQLite runs in this process while `work` runs; what runs beside it counts too, so take the least of several.
 */
export async function countStatements<T>(work: () => Promise<T>): Promise<{ count: number; answer: T }> {
  const prototype = StatementSync.prototype as unknown as Record<"all" | "get" | "run" | "iterate", Run>;
  const real = { all: prototype.all, get: prototype.get, run: prototype.run, iterate: prototype.iterate };
  let count = 0;
  for (const name of Object.keys(real) as (keyof typeof real)[]) {
    prototype[name] = function counted(this: unknown, ...args) {
      count++;
      return real[name].apply(this, args as unknown[]);
    };
  }
  try {
    return { answer: await work(), count };
  } finally {
    Object.assign(prototype, real);
  }
}
