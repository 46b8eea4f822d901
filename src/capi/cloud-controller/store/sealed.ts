import { type Kysely, sql } from "kysely";
import type { Seal } from "../../../kit/seal.ts";
import type { SealedColumnNames } from "../../../kit/sealed-columns.ts";
import type { CcDatabase } from "./schema.ts";

/** What holds secrets of tenants and of brokers. CC: the models that `include` its encryptor, and the input of jobs. */
export const SEALED_COLUMNS: SealedColumnNames = {
  apps: ["environment_variables"],
  revisions: ["environment_variables"],
  environment_variable_groups: ["variables"],
  packages: ["docker_password"],
  droplets: ["docker_password"],
  service_brokers: ["auth_password"],
  service_instances: ["credentials", "parameters"],
  service_credential_bindings: ["credentials", "parameters"],
  tasks: ["command"],
  jobs: ["input"],
};

const BATCH = 200;
/** What holds no secret stays as it is. */
const EMPTY = new Set(["", "{}", "[]", "null"]);

/**
 * Seals what lies open and what an older key sealed, a batch after the other, until aborted. `db` reads and writes columns as they are.
 * Gives how many texts it sealed. A row that changes meanwhile is left to the next run.
 */
export async function resealRows(db: Kysely<CcDatabase>, seal: Seal, signal: AbortSignal): Promise<number> {
  let sealed = 0;
  for (const [table, columns] of Object.entries(SEALED_COLUMNS)) {
    for (const column of columns) sealed += await resealColumn(db, seal, table, column, signal);
  }
  return sealed;
}

async function resealColumn(
  db: Kysely<CcDatabase>,
  seal: Seal,
  table: string,
  column: string,
  signal: AbortSignal,
): Promise<number> {
  const key = table === "environment_variable_groups" ? "name" : "guid";
  const [from, text, id] = [sql.table(table), sql.ref(column), sql.ref(key)];
  const current = seal.currentPrefix;
  let sealed = 0;
  let last = "";
  while (!signal.aborted) {
    // Looked through here: asked for what is open alone, the database would hold the process until it has seen the whole table.
    const { rows } = await sql<{ id: string; text: string | null }>`
      SELECT ${id} AS id, ${text} AS text FROM ${from} WHERE ${id} > ${last} ORDER BY ${id} LIMIT ${BATCH}`.execute(db);
    const open = rows.filter((row) => row.text !== null && !EMPTY.has(row.text) && !row.text.startsWith(current));
    if (open.length > 0) {
      await db.transaction().execute(async (trx) => {
        for (const row of open) {
          const again = seal.seal(seal.unseal(row.text!));
          await sql`UPDATE ${from} SET ${text} = ${again} WHERE ${id} = ${row.id} AND ${text} = ${row.text}`.execute(
            trx,
          );
        }
      });
    }
    sealed += open.length;
    if (rows.length < BATCH) return sealed;
    last = rows.at(-1)!.id;
  }
  return sealed;
}
