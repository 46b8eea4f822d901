import { StatementSync } from "node:sqlite";
import pg from "pg";
import { watchMethod } from "./watch-method.ts";

/**
 * Counts the statements that SQLite and PostgreSQL are asked in this process while `work` runs; what runs beside it counts too, so take
 * the least of several.
 */
export async function countStatements<T>(work: () => Promise<T>): Promise<{ count: number; answer: T }> {
  let count = 0;
  const restore = [
    ...["all", "get", "run", "iterate"].map((name) => watchMethod(StatementSync.prototype, name, () => count++)),
    // How a connection is prepared is no question to the database.
    watchMethod(pg.Client.prototype, "query", (_client, [text]) => String(text).startsWith("SET ") || count++),
  ];
  try {
    return { answer: await work(), count };
  } finally {
    for (const one of restore) one();
  }
}
