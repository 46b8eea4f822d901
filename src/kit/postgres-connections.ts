import type { PostgresPoolClient, PostgresQueryResult } from "kysely";
import pg from "pg";
import { DatabaseUnreachableError } from "./database-unreachable.ts";

const CONNECTIONS_MAX = 10;
/** Also the longest wait for a connection that is free. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Longer than any query of ours; a stuck server must not hold a request for ever. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** Longer than that the server says nothing at all. */
const ANSWER_GRACE_MS = 5_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;
/** Our rows fit into memory, and our queries are short: an index costs little, compiling a query to machine code much. */
const PLANNER = "-c random_page_cost=1.1 -c jit=off";

/** PostgreSQL's oids: src/include/catalog/pg_type.dat */
const INT8 = 20;
const NUMERIC = 1700;

/**
 * The connections to one PostgreSQL server, opened as they are needed and shared by all schemas of a component. A connection
 * that broke is thrown away and the next query opens another, so a server that comes back is used again without our doing.
 */
export class PostgresConnections {
  readonly #pool: pg.Pool;
  /** Which schema each connection looks into. */
  readonly #schemas = new WeakMap<pg.PoolClient, string>();

  constructor(url: string) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: CONNECTIONS_MAX,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + ANSWER_GRACE_MS,
      keepAlive: true,
      options: `-c statement_timeout=${STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout=${IDLE_TRANSACTION_TIMEOUT_MS} ${PLANNER}`,
      types: { getTypeParser: parserOf } as pg.CustomTypesConfig,
    });
    // Whoever asks on a connection that dies is told by his query; without a listener the event would end the process.
    this.#pool.on("error", () => undefined);
    this.#pool.on("connect", (client) => void client.on("error", () => undefined));
  }

  /** A connection that looks into this schema. Release it. Throws `DatabaseUnreachableError`. */
  async connect(schema: string): Promise<PostgresPoolClient> {
    const client = await this.#pool.connect().catch(told);
    const connection = new SchemaConnection(client);
    if (this.#schemas.get(client) === schema) return connection;
    try {
      await connection.query(`SET search_path TO ${schema}`, []);
      this.#schemas.set(client, schema);
      return connection;
    } catch (error) {
      connection.release(true);
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}

/** A connection while somebody has it. */
class SchemaConnection implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  #broken = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  get processID(): number {
    return (this.#client as unknown as { processID: number }).processID;
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query(): never;
  async query<R>(sql?: string, parameters: readonly unknown[] = []): Promise<PostgresQueryResult<R>> {
    if (sql === undefined) throw new TypeError("a query has a text");
    try {
      return (await this.#client.query(sql, [...parameters])) as unknown as PostgresQueryResult<R>;
    } catch (error) {
      // What is still on its way on this connection would be taken for the answer to the next query.
      this.#broken ||= isUnreachable(error);
      return told(error);
    }
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#broken);
  }
}

function told(error: unknown): never {
  throw isUnreachable(error) ? new DatabaseUnreachableError("the database does not answer", { cause: error }) : error;
}

/** PostgreSQL's appendix A: connections, out of resources, shutdown or start, a statement that took too long. */
const UNREACHABLE_STATES = /^(08|53|57P|57014)/;
const SOCKET_ERRORS = /^(ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/;
/** What the driver says without a code. */
const DRIVER_WORDS = /timeout exceeded when trying to connect|Connection terminated|is not queryable|read timeout/;

function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return UNREACHABLE_STATES.test(code) || SOCKET_ERRORS.test(code);
  return DRIVER_WORDS.test(error.message);
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
