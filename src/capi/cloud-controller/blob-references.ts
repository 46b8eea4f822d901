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
