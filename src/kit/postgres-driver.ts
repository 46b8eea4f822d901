import { CompiledQuery, type DatabaseConnection, type Driver, type PostgresPoolClient, type QueryResult } from "kysely";
import { DatabaseUnreachableError } from "./database-unreachable.ts";
import type { PostgresConnections } from "./postgres-connections.ts";
import { Turns } from "./turns.ts";

/** As long as a request may wait for a connection: with this many writers in front, asking again later is better. */
const TURN_WAIT_MS = 20_000;

const BEGIN = CompiledQuery.raw("BEGIN");
const COMMIT = CompiledQuery.raw("COMMIT");
const ROLLBACK = CompiledQuery.raw("ROLLBACK");

/**
 * Transactions of one schema take turns, in all processes, as they do on SQLite: what a transaction has read (a quota's usage, a
 * free name) still holds when it commits. Plain reads never wait. Those of this process wait here and not in the database, where
 * each would hold a connection that readers need.
 */
export class TurnDriver implements Driver {
  readonly #connections: PostgresConnections;
  readonly #schema: string;
  /** The same in all processes. By the name: a schema that is not there yet is no current one. */
  readonly #lock: CompiledQuery;
  readonly #turns = new Turns(TURN_WAIT_MS);

  constructor(connections: PostgresConnections, schema: string) {
    this.#connections = connections;
    this.#schema = schema;
    this.#lock = CompiledQuery.raw("SELECT pg_advisory_xact_lock(hashtext($1))", [schema]);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<TurnConnection> {
    return new TurnConnection(() => this.#connections.connect(this.#schema));
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const ours = connection as TurnConnection;
    const endOfTurn = await this.#turns.take();
    if (endOfTurn === null) throw new DatabaseUnreachableError("too many wait to write");
    ours.whenReleased = endOfTurn;
    await ours.run(BEGIN);
    await ours.run(this.#lock);
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const { command } = await (connection as TurnConnection).run(COMMIT);
    if (command === "ROLLBACK") throw new Error("a transaction in which a statement failed was to be committed");
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as TurnConnection).rollBack();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as TurnConnection).release();
  }

  async destroy(): Promise<void> {}
}

/** Takes one of the server's connections with its first query: whoever waits for his turn holds none. */
class TurnConnection implements DatabaseConnection {
  readonly #connect: () => Promise<PostgresPoolClient>;
  #client: PostgresPoolClient | null = null;
  /** A transaction is open, so nobody else may have the connection. */
  #inTransaction = false;
  whenReleased: () => void = () => undefined;

  constructor(connect: () => Promise<PostgresPoolClient>) {
    this.#connect = connect;
  }

  async run(query: CompiledQuery): Promise<{ command: string; rowCount: number | null; rows: unknown[] }> {
    this.#client ??= await this.#connect();
    if (query === BEGIN) this.#inTransaction = true;
    const result = await this.#client.query(query.sql, query.parameters);
    if (query === COMMIT || query === ROLLBACK) this.#inTransaction = false;
    return result;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { command, rowCount, rows } = await this.run(query);
    const changes = command === "INSERT" || command === "UPDATE" || command === "DELETE";
    return { rows: rows as R[], ...(changes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
  }

  // biome-ignore lint/correctness/useYield: Kysely's interface asks for a generator; nothing here streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("nothing is streamed from PostgreSQL");
  }

  async rollBack(): Promise<void> {
    if (this.#inTransaction) await this.run(ROLLBACK);
  }

  release(): void {
    this.#client?.release(this.#inTransaction); // closed: nothing of the transaction stays
    this.#client = null;
    this.whenReleased();
  }
}
