import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IngotConfig } from "./config.ts";
import type { StateFolder } from "./state-folder.ts";
import { UsageError } from "./usage-error.ts";

const MARK = "rows-in-postgresql";
/** The file of the component that knows which apps there are. */
const SQLITE_FILE = "cloud-controller.sqlite";

/**
 * A state folder stays with the kind of database that it began with: with the other, empty one there would be no apps, and
 * what runs would be stopped. Throws `UsageError` that says what to do.
 */
export function keepDatabaseChoice(
  { database }: Pick<IngotConfig, "database">,
  { data }: Pick<StateFolder, "data">,
): void {
  const mark = join(data, MARK);
  if (database === null) {
    if (rowsLieInPostgres({ data }))
      throw new UsageError("this state folder's rows lie in PostgreSQL: give --database, or another --state");
    return;
  }
  if (existsSync(mark)) return;
  if (existsSync(join(data, SQLITE_FILE))) {
    throw new UsageError("this state folder's rows lie in SQLite: leave --database out, or give another --state");
  }
  writeFileSync(mark, "", { mode: 0o600 });
}

/** Where the rows of this state folder are, as far as it has begun. */
export function rowsLieInPostgres({ data }: Pick<StateFolder, "data">): boolean {
  return existsSync(join(data, MARK));
}
