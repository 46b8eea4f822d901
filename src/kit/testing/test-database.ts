import { createHash, randomUUID } from "node:crypto";
import pg from "pg";
import type { DatabaseLocation } from "../database.ts";

/** URL of a PostgreSQL that tests may fill with schemas; unset: tests run on SQLite. `./ingot test` sets it for its second round. */
const URL_VARIABLE = "INGOT_TEST_POSTGRES";

/** Which database the tests run on. */
export const testsRunOn: "sqlite" | "postgres" = process.env[URL_VARIABLE] ? "postgres" : "sqlite";

/** Where a test keeps its rows: `path`, or a schema named after it. The same path gives the same place again. */
export function testDatabase(path: string): DatabaseLocation {
  const url = process.env[URL_VARIABLE];
  if (url === undefined || url === "") return { path };
  return { url, schema: `test_${createHash("sha256").update(path).digest("hex").slice(0, 16)}` };
}

/** An empty place for rows that nobody else has; gone when disposed. */
export class TestDatabase implements AsyncDisposable {
  readonly location: DatabaseLocation;

  constructor() {
    this.location = testsRunOn === "sqlite" ? { path: ":memory:" } : testDatabase(randomUUID());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await dropTestDatabase(this.location);
  }
}

/** With all databases that were opened beside it. */
export async function dropTestDatabase(location: DatabaseLocation): Promise<void> {
  if (!("url" in location)) return;
  const client = new pg.Client({ connectionString: location.url });
  await client.connect();
  try {
    for (const schema of await schemasOf(client, location.schema)) {
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    }
  } finally {
    await client.end();
  }
}

/** Names of the databases that lie beside this one. */
export async function besideTestDatabase(location: {
  readonly url: string;
  readonly schema: string;
}): Promise<string[]> {
  const client = new pg.Client({ connectionString: location.url });
  await client.connect();
  try {
    return (await schemasOf(client, location.schema)).filter((schema) => schema !== location.schema);
  } finally {
    await client.end();
  }
}

async function schemasOf(client: pg.Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ nspname: string }>(
    "SELECT nspname FROM pg_namespace WHERE nspname = $1 OR starts_with(nspname, $1 || '_')",
    [schema],
  );
  return rows.map(({ nspname }) => nspname);
}
