import { type Kysely, sql } from "kysely";
import type { CcDatabase } from "./store/schema.ts";

/** Names of uploads that are not yet what they shall be begin with it. */
export const UPLOAD_PREFIX = "upload-";

/**
 * Blobs that rows speak of as being there: `bucket`, `key`, `sha256` (null where none was noted), `owner` for people. For every database.
 * Rows are changed after their blob is written and before it is deleted, so each of these must exist.
 */
export const BLOB_REFERENCES = `
  SELECT 'packages' AS bucket, guid AS key, sha256, 'package ' || guid AS owner FROM packages
    WHERE type = 'bits' AND state = 'READY'
  UNION ALL
  SELECT 'droplets', guid, sha256, 'droplet ' || guid FROM droplets
    WHERE lifecycle_type <> 'docker' AND state = 'STAGED'
  UNION ALL
  SELECT 'buildpacks', guid || '_' || sha256, sha256, 'buildpack ' || name FROM buildpacks WHERE sha256 IS NOT NULL`;

const BLOB_OWNERS = `
  SELECT 'packages/' || guid AS name FROM packages WHERE state NOT IN ('EXPIRED', 'FAILED')
  UNION ALL SELECT 'droplets/' || guid FROM droplets WHERE state NOT IN ('EXPIRED', 'FAILED')
  UNION ALL SELECT 'buildpacks/' || guid || '_' || sha256 FROM buildpacks WHERE sha256 IS NOT NULL`;

/**
 * Every name, as `bucket/key`, that a row may come to speak of, unfinished ones too. What else lies in these buckets is nobody's, but for
 * uploads.
 */
export async function ownedBlobs(db: Kysely<CcDatabase>): Promise<ReadonlySet<string>> {
  const { rows } = await sql.raw<{ name: string }>(BLOB_OWNERS).execute(db);
  return new Set(rows.map(({ name }) => name));
}
