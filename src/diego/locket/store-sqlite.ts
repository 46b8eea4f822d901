import { type Migration, Sqlite } from "../../kit/sqlite.ts";
import type { LockRecord } from "./model.ts";
import type { LockStore } from "./store.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `CREATE TABLE locks (
      path TEXT PRIMARY KEY, owner TEXT NOT NULL, value TEXT NOT NULL, type TEXT NOT NULL,
      modified_index INTEGER NOT NULL, modified_id TEXT NOT NULL, ttl INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  },
];

/** The columns are those of Diego's table (locket/db/migrations). */
export function sqliteLockStore(path: string): LockStore {
  const db = new Sqlite(path);
  try {
    db.migrate(MIGRATIONS);
  } catch (error) {
    db[Symbol.dispose]();
    throw error;
  }
  const all = db.prepare("SELECT path, owner, value, type, modified_index, modified_id, ttl FROM locks ORDER BY path");
  const put = db.prepare("INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?, ?, ?, ?)");
  const remove = db.prepare("DELETE FROM locks WHERE path = ?");
  return {
    load: () =>
      all.all().map((row) => ({
        resource: {
          key: String(row["path"]),
          owner: String(row["owner"]),
          value: String(row["value"]),
          type: row["type"] === "lock" ? "lock" : "presence",
        },
        ttlSeconds: Number(row["ttl"]),
        modifiedIndex: Number(row["modified_index"]),
        modifiedId: String(row["modified_id"]),
      })),
    put: async (record: LockRecord) => {
      const { key, owner, value, type } = record.resource;
      put.run(key, owner, value, type, record.modifiedIndex, record.modifiedId, record.ttlSeconds);
      await db.durable();
    },
    delete: async (key) => {
      remove.run(key);
      await db.durable();
    },
    [Symbol.dispose]: () => db[Symbol.dispose](),
  };
}
