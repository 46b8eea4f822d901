import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
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
  /**
   * Another database that shares nothing but the place and the connections with this one: a file next to it, a schema of the same
   * server. Made when missing, migrated. Close it before this one.
   */
  beside<U>(name: string, migrations: readonly Migration[]): Promise<Database<U>>;
  /** Removes it with all that is in it; it must be closed. */
  removeBeside(name: string): Promise<void>;
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
  return openFile<T>(location.path, migrations);
}

const MEMORY = ":memory:";

function openFile<T>(path: string, migrations: readonly Migration[]): Database<T> {
  const file = new Sqlite(path);
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
    beside: async (name, more) => openFile(besideOf(path, name), more),
    removeBeside: async (name) => removeFile(besideOf(path, name)),
    async [Symbol.asyncDispose]() {
      await file.durable();
      file[Symbol.dispose]();
    },
  };
}

/** `zone-a` beside `uaa.sqlite` is `uaa-zone-a.sqlite`. */
function besideOf(path: string, name: string): string {
  if (path === MEMORY) return path;
  if (!/^[\w-]+$/.test(name)) throw new TypeError(`not part of a file's name: ${name}`);
  return join(dirname(path), `${basename(path, ".sqlite")}-${name}.sqlite`);
}

/** The file, its log, and copies from before a change of its schema. */
function removeFile(path: string): void {
  if (path === MEMORY) return;
  const name = basename(path);
  for (const entry of readdirSync(dirname(path))) {
    if (entry.startsWith(name)) rmSync(join(dirname(path), entry), { force: true });
  }
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
