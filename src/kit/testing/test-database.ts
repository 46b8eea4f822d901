import { createHash } from "node:crypto";
import pg from "pg";
import type { DatabaseLocation } from "../database.ts";

/** URL of a PostgreSQL that tests may fill with schemas; unset: tests run on SQLite. `./ingot test` sets it for its second round. */
const URL_VARIABLE = "INGOT_TEST_POSTGRES";

/** Where a test keeps its rows: `path`, or a schema named after it. The same path gives the same place again. */
export function testDatabase(path: string): DatabaseLocation {
  const url = process.env[URL_VARIABLE];
  if (url === undefined || url === "") return { path };
  return { url, schema: `test_${createHash("sha256").update(path).digest("hex").slice(0, 16)}` };
}

export async function dropTestDatabase(location: DatabaseLocation): Promise<void> {
  if (!("url" in location)) return;
  const client = new pg.Client({ connectionString: location.url });
  await client.connect();
  try {
    await client.query(`DROP SCHEMA IF EXISTS ${location.schema} CASCADE`);
  } finally {
    await client.end();
  }
}
