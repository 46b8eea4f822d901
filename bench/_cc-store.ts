import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import type { DatabaseLocation } from "../src/kit/database.ts";
import type { BenchRow, Insert } from "./_cc-rows.ts";

/** The database alone, without any of the Cloud Controller: what a page of it costs at the least. */
export interface BareDatabase extends AsyncDisposable {
  readonly insert: Insert;
  /** Rows of one statement; `?` stands for values. */
  rows(sql: string, values?: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  /** Nothing else writes: keeps what was inserted and tells the planner. */
  filled(): Promise<void>;
}

const ROWS_OF_STATEMENT = 2_000;

export async function openBare(location: DatabaseLocation): Promise<BareDatabase> {
  return "url" in location ? barePostgres(location) : bareSqlite(location.path);
}

function bareSqlite(path: string): BareDatabase {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -262144");
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  return {
    async insert(table, rows) {
      let statement: ReturnType<DatabaseSync["prepare"]> | null = null;
      let names: string[] = [];
      db.exec("BEGIN IMMEDIATE");
      for (const row of rows) {
        if (statement === null) {
          names = columnsOf(row, table);
          statement = db.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => "?")})`);
        }
        statement.run(...names.map((name) => row[name]!));
      }
      db.exec("COMMIT");
    },
    async rows(sql, values = []) {
      const statement = statements.get(sql) ?? db.prepare(sql);
      statements.set(sql, statement);
      return statement.all(...values) as Record<string, unknown>[];
    },
    // The Cloud Controller keeps SQLite's statistics by itself or does without.
    filled: async () => db.exec("PRAGMA wal_checkpoint(TRUNCATE)"),
    [Symbol.asyncDispose]: async () => db.close(),
  };
}

async function barePostgres({ url, schema }: { url: string; schema: string }): Promise<BareDatabase> {
  const client = new pg.Client({ connectionString: url, options: `-c search_path=${schema}` });
  await client.connect();
  return {
    async insert(table, rows) {
      let batch: BenchRow[] = [];
      const write = async (): Promise<void> => {
        if (batch.length === 0) return;
        const names = columnsOf(batch[0]!, table).join(", ");
        const from = `json_populate_recordset(NULL::${table}, $1::json)`;
        await client.query(`INSERT INTO ${table} (${names}) SELECT ${names} FROM ${from}`, [JSON.stringify(batch)]);
        batch = [];
      };
      for (const row of rows) {
        batch.push(row);
        if (batch.length === ROWS_OF_STATEMENT) await write();
      }
      await write();
    },
    async rows(sql, values = []) {
      let at = 0;
      const text = sql.replaceAll("?", () => `$${++at}`);
      return (
        await client.query({
          name: createHash("sha256").update(text).digest("hex").slice(0, 32),
          text,
          values: [...values],
        })
      ).rows;
    },
    // PostgreSQL's own autovacuum does the same within a minute.
    filled: async () => void (await client.query("VACUUM ANALYZE")),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

function columnsOf(row: BenchRow, table: string): string[] {
  const names = Object.keys(row);
  const without = table === "audit_events" ? ["updated_at"] : [];
  return names.filter((name) => !without.includes(name));
}
