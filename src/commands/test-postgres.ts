import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type PostgresServer, postgresPrograms, startPostgresServer } from "../kit/testing/postgres-server.ts";

/** What keeps its rows in either database: everything here is tried on PostgreSQL too. */
const PATTERNS: readonly string[] = [
  "src/kit/database.test.ts",
  "src/capi/cloud-controller/**/*.test.ts",
  "src/identity/uaa/**/*.test.ts",
];

/** What takes long and says the same of both databases but rarely: on PostgreSQL only with `--full`. */
const LONG: readonly string[] = [
  "every-type.test.ts",
  "fuzz.test.ts",
  "hostile-broker.test.ts",
  "hostile-input.test.ts",
  "list-statements.test.ts",
  "role-matrix.test.ts",
  "scope-matrix.test.ts",
  "stack-use.test.ts",
];
/** These start a PostgreSQL of their own in the first round. */
const OWN = "database-outage.test.ts";
/** What boots something with rows imports it from such a folder. */
const BOOTS = /from "[^"]*\/testing\//;

/** Names the URL of a PostgreSQL for `src/kit/testing/test-database.ts`. */
const URL_VARIABLE = "INGOT_TEST_POSTGRES";

/** Files of the second round; `found` gives those that match and are wanted. */
export function postgresFiles(found: (patterns: readonly string[]) => string[], full: boolean): string[] {
  const tried = found(PATTERNS).filter((file) => basename(file) !== OWN && BOOTS.test(readFileSync(file, "utf8")));
  return full ? tried : tried.filter((file) => !LONG.includes(basename(file)));
}

/** A PostgreSQL that tests are pointed at until it is disposed; null: this machine has none. */
export async function postgresForTests(): Promise<AsyncDisposable | null> {
  if (postgresPrograms() === null) return null;
  const server: PostgresServer = await startPostgresServer();
  process.env[URL_VARIABLE] = server.url;
  return {
    [Symbol.asyncDispose]: async () => {
      delete process.env[URL_VARIABLE];
      await server[Symbol.asyncDispose]();
    },
  };
}
