import {
  CompiledQuery,
  type DatabaseConnection,
  HandleEmptyInListsPlugin,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  PostgresQueryCompiler,
  replaceWithNoncontingentExpression,
  type TransactionSettings,
} from "kysely";
import pg from "pg";
import type { Database } from "./database.ts";
import { DatabaseUnreachableError } from "./database-unreachable.ts";
import { POSTGRES_PREAMBLE, toPostgres } from "./postgres-schema.ts";
import { type Migration, NewerSchemaError } from "./sqlite.ts";

const CONNECTIONS_MAX = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than any query of ours; a stuck server must not hold a request for ever. */
const STATEMENT_TIMEOUT_MS = 30_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;

/** PostgreSQL's oids: src/include/catalog/pg_type.dat */
const INT8 = 20;
const NUMERIC = 1700;

/**
 * A schema of a PostgreSQL database, made when missing, brought to the last migration. Several processes may open the same
 * schema: the first one migrates. Answers of integers are numbers; one beyond ±2^53 is an error, never another number.
 */
export async function openPostgres<T>(
  location: { readonly url: string; readonly schema: string },
  migrations: readonly Migration[],
): Promise<Database<T>> {
  if (!/^[a-z][a-z0-9_]*$/.test(location.schema)) throw new TypeError(`not a schema name: ${location.schema}`);
  const pool = new pg.Pool({
    connectionString: location.url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
    keepAlive: true,
    options: [
      `-c search_path=${location.schema}`,
      `-c statement_timeout=${STATEMENT_TIMEOUT_MS}`,
      `-c idle_in_transaction_session_timeout=${IDLE_TRANSACTION_TIMEOUT_MS}`,
    ].join(" "),
    types: { getTypeParser: parserOf } as pg.CustomTypesConfig,
  });
  // A connection that dies while idle is dropped from the pool; the next query opens another.
  pool.on("error", () => undefined);
  try {
    await migrate(pool, location.schema, migrations);
  } catch (error) {
    await pool.end();
    throw isUnreachable(error) ? new DatabaseUnreachableError("the database does not answer", { cause: error }) : error;
  }
  // PostgreSQL does not know `IN ()`. As on SQLite: no row is in an empty list, every row is outside.
  const emptyLists = new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression });
  const db = new Kysely<T>({ dialect: new WritersTakeTurns({ pool }), plugins: [emptyLists] });
  return {
    kind: "postgres",
    db,
    // PostgreSQL answers COMMIT when the change is on disk (synchronous_commit).
    durable: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

/**
 * Transactions of one schema take turns, in all processes, as they do on SQLite: what a transaction has read (a quota's
 * usage, a free name) still holds when it commits. Plain reads never wait.
 */
class WritersTakeTurns extends PostgresDialect {
  readonly #pool: { readonly pool: pg.Pool };

  constructor(pool: { readonly pool: pg.Pool }) {
    super(pool);
    this.#pool = pool;
  }

  override createDriver(): PostgresDriver {
    return new TurnDriver(this.#pool);
  }

  override createQueryCompiler(): PostgresQueryCompiler {
    return new WithoutNul();
  }
}

class TurnDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await super.beginTransaction(connection, settings);
    await connection.executeQuery(TURN);
  }
}

/** PostgreSQL has no NUL in texts: a name with one is found nowhere, as it should be. */
class WithoutNul extends PostgresQueryCompiler {
  protected override addParameter(value: unknown): void {
    super.addParameter(typeof value === "string" ? value.replaceAll("\0", "\u{fffd}") : value);
  }
}

const TURN = CompiledQuery.raw("SELECT pg_advisory_xact_lock(hashtext(current_schema()))");

async function migrate(pool: pg.Pool, schema: string, migrations: readonly Migration[]): Promise<void> {
  const newest = migrations.at(-1)?.version ?? 0;
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock(hashtext($1))", [schema]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query(POSTGRES_PREAMBLE);
    const { rows } = await client.query<{ version: number | null }>(
      "SELECT max(version) AS version FROM schema_version",
    );
    const current = rows[0]?.version ?? 0;
    if (current > newest) {
      throw new NewerSchemaError(`schema ${schema} has version ${current}; this program knows ${newest}`);
    }
    for (const { version, sql } of migrations) {
      if (version <= current) continue;
      await client.query(toPostgres(sql));
      await client.query("INSERT INTO schema_version (version) VALUES ($1)", [version]);
    }
    await client.query("COMMIT");
    client.release();
  } catch (error) {
    client.release(true); // closes the connection: nothing of the transaction stays
    throw error;
  }
}

function parserOf(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (oid === INT8 || oid === NUMERIC) return toNumber;
  return pg.types.getTypeParser(oid, format as "text");
}

function toNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond ±2^53`);
  return value;
}

/** Errors of the socket, and PostgreSQL's classes 08 (connection) and 57P (shutdown, starting up). */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code !== "string")
    return /timeout exceeded when trying to connect|Connection terminated/.test(error.message);
  return /^(ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOST|ENET|08|57P)/.test(code);
}
