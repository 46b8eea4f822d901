import { StatementSync } from "node:sqlite";
import pg from "pg";

type Call = (this: unknown, ...args: readonly unknown[]) => unknown;

/**
 * Counts the statements that SQLite and PostgreSQL are asked in this process while `work` runs; what runs beside it counts too, so take
 * the least of several.
 */
export async function countStatements<T>(work: () => Promise<T>): Promise<{ count: number; answer: T }> {
  let count = 0;
  const sqlite = StatementSync.prototype as unknown as Record<string, Call>;
  const postgres = pg.Client.prototype as unknown as Record<string, Call>;
  const restore = [
    ...["all", "get", "run", "iterate"].map((name) => watch(sqlite, name, () => count++)),
    // How a connection is prepared is no question to the database.
    watch(postgres, "query", (text) => String(text).startsWith("SET ") || count++),
  ];
  try {
    return { answer: await work(), count };
  } finally {
    for (const one of restore) one();
  }
}

/** Tells of each call with its first argument. Gives what undoes it. */
function watch(prototype: Record<string, Call>, name: string, called: (first: unknown) => void): () => void {
  const real = prototype[name]!;
  prototype[name] = function watched(...args) {
    called(args[0]);
    return real.apply(this, [...args]);
  };
  return () => {
    prototype[name] = real;
  };
}
