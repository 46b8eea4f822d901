import { createHash } from "node:crypto";
import {
  type BinaryOperationNode,
  type Dialect,
  type EmptyInListNode,
  Kysely,
  OperatorNode,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  PrimitiveValueListNode,
  replaceWithNoncontingentExpression,
  sql,
  ValueListNode,
} from "kysely";
import type { Database } from "./database.ts";
import { PostgresConnections } from "./postgres-connections.ts";
import { TurnDriver } from "./postgres-driver.ts";
import { POSTGRES_PREAMBLE, toPostgres } from "./postgres-schema.ts";
import { type Migration, NewerSchemaError } from "./sqlite.ts";

/**
 * A schema of a PostgreSQL database, made when missing, brought to the last migration. Several processes may open the same
 * schema: the first one migrates. Answers of integers are numbers; one beyond ±2^53 is an error, never another number.
 */
export async function openPostgres<T>(
  location: { readonly url: string; readonly schema: string },
  migrations: readonly Migration[],
): Promise<Database<T>> {
  const connections = new PostgresConnections(location.url);
  try {
    return await openSchema<T>(connections, location.schema, migrations, () => connections.end());
  } catch (error) {
    await connections.end();
    throw error;
  }
}

async function openSchema<T>(
  connections: PostgresConnections,
  schema: string,
  migrations: readonly Migration[],
  whenClosed: () => Promise<void>,
): Promise<Database<T>> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(schema)) throw new TypeError(`not a schema name: ${schema}`);
  const db = kyselyOf<T>(connections, schema);
  await migrate(db, schema, migrations);
  return {
    kind: "postgres",
    db,
    // PostgreSQL answers COMMIT when the change is on disk (synchronous_commit).
    durable: () => Promise.resolve(),
    beside: (name, more) => openSchema(connections, besideOf(schema, name), more, () => Promise.resolve()),
    removeBeside: (name) => removeSchema(connections, besideOf(schema, name)),
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await whenClosed();
    },
  };
}

function kyselyOf<T>(connections: PostgresConnections, schema: string): Kysely<T> {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new TurnDriver(connections, schema),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new InSqlitesWords(),
  };
  return new Kysely<T>({ dialect });
}

/** A name of its own for each name, whatever it is made of; the readable part is for whoever looks into the database. */
function besideOf(schema: string, name: string): string {
  const readable = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .slice(0, 24);
  return `${schema}_${readable}_${createHash("sha256").update(name).digest("hex").slice(0, 12)}`;
}

/** What SQLite takes and PostgreSQL does not. */
class InSqlitesWords extends PostgresQueryCompiler {
  /** Texts have no NUL: a name with one is found nowhere, as it should be. */
  protected override addParameter(value: unknown): void {
    super.addParameter(typeof value === "string" ? value.replaceAll("\0", "\u{fffd}") : value);
  }

  /** No row is in an empty list, every row is outside. Kysely's plugin for it does not look into subqueries. */
  protected override visitBinaryOperation(node: BinaryOperationNode): void {
    super.visitBinaryOperation(isInNothing(node) ? replaceWithNoncontingentExpression(node) : node);
  }
}

function isInNothing(node: BinaryOperationNode): node is EmptyInListNode {
  const { operator, rightOperand } = node;
  if (!OperatorNode.is(operator) || !["in", "not in"].includes(operator.operator)) return false;
  const isList = PrimitiveValueListNode.is(rightOperand) || ValueListNode.is(rightOperand);
  return isList && rightOperand.values.length === 0;
}

/** All or nothing, while nobody else changes this schema: processes that start at once migrate one after the other. */
async function migrate<T>(db: Kysely<T>, schema: string, migrations: readonly Migration[]): Promise<void> {
  const newest = migrations.at(-1)?.version ?? 0;
  await db.transaction().execute(async (trx) => {
    await sql.raw(`CREATE SCHEMA IF NOT EXISTS ${schema}`).execute(trx);
    await sql.raw(POSTGRES_PREAMBLE).execute(trx);
    const { rows } = await sql<{ version: number | null }>`SELECT max(version) AS version FROM schema_version`.execute(
      trx,
    );
    const current = rows[0]?.version ?? 0;
    if (current > newest) {
      throw new NewerSchemaError(`schema ${schema} has version ${current}; this program knows ${newest}`);
    }
    for (const migration of migrations) {
      if (migration.version <= current) continue;
      await sql.raw(toPostgres(migration.sql)).execute(trx);
      await sql`INSERT INTO schema_version (version) VALUES (${migration.version})`.execute(trx);
    }
  });
}

async function removeSchema(connections: PostgresConnections, schema: string): Promise<void> {
  await kyselyOf(connections, schema)
    .transaction()
    .execute((trx) => sql.raw(`DROP SCHEMA IF EXISTS ${schema} CASCADE`).execute(trx));
}
