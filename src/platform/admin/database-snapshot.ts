import { DatabaseSync } from "node:sqlite";

/** How long a writer that holds the file alone is waited for. */
const BUSY_MS = 10_000;

/**
 * A whole copy of a database that others write to: one read of one moment, which holds up nobody (WAL). Works on a file that
 * nobody has open, too.
 */
export function snapshotDatabase(from: string, to: string): void {
  const db = new DatabaseSync(from, { readOnly: true });
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    db.prepare("VACUUM INTO ?").run(to);
  } finally {
    db.close();
  }
}

/** What is wrong with a database file, a line each, at most `linesMax`; empty when it is sound. */
export function databaseFaults(path: string, linesMax = 20): string[] {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(path, { readOnly: true });
  } catch (error) {
    return [(error as Error).message];
  }
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    const integrity = db.prepare(`PRAGMA integrity_check(${linesMax})`).all() as { integrity_check: string }[];
    const broken = integrity.map((row) => row.integrity_check).filter((text) => text !== "ok");
    const strays = (
      db.prepare("PRAGMA foreign_key_check").all() as { table: string; parent: string; rowid: number }[]
    ).map(({ table, parent, rowid }) => `row ${rowid} of ${table} points at nothing in ${parent}`);
    return [...broken, ...strays].slice(0, linesMax);
  } catch (error) {
    return [(error as Error).message];
  } finally {
    db.close();
  }
}
