import type { Kysely } from "kysely";
import { kyselyOf } from "./kysely-sqlite.ts";
import { type Migration, Sqlite } from "./sqlite.ts";

/**
 * Where a component keeps its rows: a SQLite file, or a schema of its own in a PostgreSQL database. The URL carries a
 * password: never log it.
 */
export type DatabaseLocation = { readonly path: string } | { readonly url: string; readonly schema: string };

export interface Durable {
  /** Resolves when everything committed before this call outlives kill -9 and loss of power. */
  durable(): Promise<void>;
}

/** One component's rows, on either kind of database, behind the same queries. */
export interface Database<T> extends Durable, AsyncDisposable {
  readonly kind: "sqlite" | "postgres";
  readonly db: Kysely<T>;
}

/**
 * Opens and migrates. The migrations are written once, in SQLite's words; `postgres-schema.ts` says what becomes of them
 * on PostgreSQL. Throws `NewerSchemaError`, `DatabaseUnreachableError`.
 */
export async function openDatabase<T>(
  location: DatabaseLocation,
  migrations: readonly Migration[],
): Promise<Database<T>> {
  if ("url" in location) {
    const { openPostgres } = await import("./postgres.ts"); // its driver is not on the boot path of one machine
    return openPostgres<T>(location, migrations);
  }
  const file = new Sqlite(location.path);
  try {
    file.migrate(migrations);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
  return {
    kind: "sqlite",
    db: kyselyOf<T>(file),
    durable: () => file.durable(),
    async [Symbol.asyncDispose]() {
      await file.durable();
      file[Symbol.dispose]();
    },
  };
}

/** A refusal of a second equal value, on any of `columns` (`organizations.name`). */
export function isUniqueViolation(error: unknown, ...columns: readonly string[]): boolean {
  if (!(error instanceof Error)) return false;
  const refused = refusedColumns(error);
  if (refused === null) return false;
  return columns.length === 0 || columns.some((column) => refused.includes(column));
}

const SQLITE_UNIQUE = /^UNIQUE constraint failed: (.*)$/;
/** PostgreSQL: appendix A, unique_violation */
const POSTGRES_UNIQUE = "23505";

function refusedColumns(error: Error): string[] | null {
  const sqlite = SQLITE_UNIQUE.exec(error.message)?.[1];
  if (sqlite !== undefined) return sqlite.split(", ");
  const { code, table, detail } = error as { code?: unknown; table?: unknown; detail?: unknown };
  if (code !== POSTGRES_UNIQUE) return null;
  const columns = /^Key \((.*)\)=\(/.exec(String(detail))?.[1] ?? "";
  return columns.split(", ").map((column) => `${String(table)}.${column.replaceAll('"', "")}`);
}
