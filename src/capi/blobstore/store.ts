import { type Migration, Sqlite, type SqlRow } from "../../kit/sqlite.ts";
import type { Blob, BlobBucket } from "./client.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `CREATE TABLE blob_name (
      bucket TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL, sha1 TEXT NOT NULL, size INTEGER NOT NULL,
      PRIMARY KEY (bucket, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX blob_name_sha256 ON blob_name (sha256);`,
  },
];

/** Which name points at which content. */
export class BlobNames implements Disposable {
  readonly #file: Sqlite;

  constructor(path: string) {
    this.#file = new Sqlite(path);
    this.#file.migrate(MIGRATIONS);
  }

  find(bucket: BlobBucket, key: string): Blob | null {
    const row = this.#file
      .prepare("SELECT size, sha1, sha256 FROM blob_name WHERE bucket = ? AND key = ?")
      .get(bucket, key);
    return row === undefined ? null : blobOf(row);
  }

  /** Sets or moves the name; gives the content that it pointed at before, if that was another. */
  set(bucket: BlobBucket, key: string, blob: Blob): string | null {
    const before = this.find(bucket, key);
    this.#file
      .prepare(
        `INSERT INTO blob_name (bucket, key, sha256, sha1, size) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (bucket, key) DO UPDATE SET sha256 = excluded.sha256, sha1 = excluded.sha1, size = excluded.size`,
      )
      .run(bucket, key, blob.sha256, blob.sha1, blob.size);
    return before !== null && before.sha256 !== blob.sha256 ? before.sha256 : null;
  }

  /** Gives the content that lost a name, or null when there was none. */
  remove(bucket: BlobBucket, key: string): string | null {
    const before = this.find(bucket, key);
    if (before === null) return null;
    this.#file.prepare("DELETE FROM blob_name WHERE bucket = ? AND key = ?").run(bucket, key);
    return before.sha256;
  }

  keys(bucket: BlobBucket, prefix: string): string[] {
    // A range instead of LIKE: the prefix may hold `%` and `_`.
    const rows = this.#file
      .prepare("SELECT key FROM blob_name WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key")
      .all(bucket, prefix, `${prefix}\u{10ffff}`);
    return rows.map((row) => String(row["key"]));
  }

  isReferenced(sha256: string): boolean {
    return this.#file.prepare("SELECT 1 FROM blob_name WHERE sha256 = ? LIMIT 1").get(sha256) !== undefined;
  }

  durable(): Promise<void> {
    return this.#file.durable();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

function blobOf(row: SqlRow): Blob {
  return { size: Number(row["size"]), sha1: String(row["sha1"]), sha256: String(row["sha256"]) };
}
