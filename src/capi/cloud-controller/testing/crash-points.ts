import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { watchMethod } from "./watch-method.ts";

const PARTS = ["", "-wal"] as const;

/**
 * What a SQLite file would hold had the process been killed after each of its commits. Statements run in one thread, so a copy that is
 * taken after one of them is what the disk has then. For tests.
 */
export class CrashPoints implements Disposable {
  readonly #path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "ingot-crash-"));
  #count = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The state of now; gives its number. */
  take(): number {
    for (const part of PARTS) {
      if (existsSync(`${this.#path}${part}`)) copyFileSync(`${this.#path}${part}`, this.#copy(this.#count, part));
    }
    return this.#count++;
  }

  /** Puts a state back; the file must be closed. */
  putBack(point: number): void {
    for (const part of [...PARTS, "-shm"]) rmSync(`${this.#path}${part}`, { force: true });
    for (const part of PARTS) {
      if (existsSync(this.#copy(point, part))) copyFileSync(this.#copy(point, part), `${this.#path}${part}`);
    }
  }

  /** Every state that `work` commits, in order. Nothing else may write to SQLite meanwhile. */
  async during(work: () => Promise<void>): Promise<number[]> {
    const points: number[] = [];
    let inTransaction = false;
    const after = (sql: string): void => {
      if (/^\s*begin/i.test(sql)) inTransaction = true;
      else if (/^\s*(commit|rollback)/i.test(sql)) inTransaction = false;
      if (!inTransaction && !/^\s*(select|pragma|rollback)/i.test(sql)) points.push(this.take());
    };
    const restore = [
      ...["run", "all", "get"].map((name) =>
        watchMethod(StatementSync.prototype, name, (statement) => after((statement as StatementSync).sourceSQL)),
      ),
      watchMethod(DatabaseSync.prototype, "exec", (_file, [sql]) => after(String(sql))),
    ];
    try {
      await work();
    } finally {
      for (const undo of restore) undo();
    }
    return points;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #copy(point: number, part: string): string {
    return join(this.#folder, `${point}${part}`);
  }
}

/** Rows in each table. */
export function rowCounts(path: string, leftOut: readonly string[]): Record<string, number> {
  const file = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    const counts: Record<string, number> = {};
    for (const { name } of tables) {
      if (leftOut.includes(String(name)) || String(name).startsWith("sqlite_")) continue;
      const row = file.prepare(`SELECT count(*) AS n FROM "${String(name)}"`).get();
      counts[String(name)] = Number(row?.["n"]);
    }
    return counts;
  } finally {
    file.close();
  }
}

/** Jobs that have not ended. */
export function openJobs(path: string): number {
  const file = new DatabaseSync(path, { readOnly: true });
  try {
    const row = file.prepare("SELECT count(*) AS n FROM jobs WHERE state IN ('PROCESSING', 'POLLING')").get();
    return Number(row?.["n"]);
  } finally {
    file.close();
  }
}
