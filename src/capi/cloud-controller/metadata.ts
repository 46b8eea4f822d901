import { type Kysely, sql } from "kysely";
import { CcError } from "./errors.ts";
import { joinMetadataKey, splitMetadataKey } from "./metadata-key.ts";
import { padded } from "./padded.ts";
import type { CcDatabase } from "./store/schema.ts";
import type { MetadataChange } from "./validation.ts";

/** As resources show it. */
export interface Metadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const NO_METADATA: Metadata = { labels: {}, annotations: {} };

/** Kind of resource that labels and annotations hang on: the singular name, e.g. `organization`, `app`, `process`. */
export type MetadataOwner = string;

/** Metadata of many resources in one query. */
export async function metadataOf(
  db: Kysely<CcDatabase>,
  owner: MetadataOwner,
  guids: readonly string[],
): Promise<(guid: string) => Metadata> {
  if (guids.length === 0) return () => NO_METADATA;
  const found = new Map<string, Record<"labels" | "annotations", Record<string, string>>>();
  const named = padded(guids);
  const from = (table: "labels" | "annotations") =>
    db
      .selectFrom(table)
      .where("resource_guid", "in", named)
      .where("resource_type", "=", owner)
      .select(["resource_guid", "key_prefix", "key_name", "value"])
      .select(sql.lit(table).as("kind"));
  const rows = await from("labels").unionAll(from("annotations")).execute();
  for (const row of rows) {
    let entry = found.get(row.resource_guid);
    if (entry === undefined) {
      entry = { labels: {}, annotations: {} };
      found.set(row.resource_guid, entry);
    }
    entry[row.kind][joinMetadataKey(row.key_prefix, row.key_name)] = row.value;
  }
  return (guid) => found.get(guid) ?? NO_METADATA;
}

/**
 * Applies the `metadata` of a request inside the caller's transaction; null values delete. Throws LabelLimitExceeded and
 * AnnotationLimitExceeded. CC: actions/labels_update.rb, annotations_update.rb
 */
export async function changeMetadata(
  trx: Kysely<CcDatabase>,
  owner: MetadataOwner,
  guid: string,
  change: MetadataChange | undefined,
  limits: { readonly labelsMax: number; readonly annotationsMax: number },
): Promise<void> {
  await changeTable(trx, "labels", owner, guid, change?.labels ?? {}, limits.labelsMax);
  await changeTable(trx, "annotations", owner, guid, change?.annotations ?? {}, limits.annotationsMax);
}

async function changeTable(
  trx: Kysely<CcDatabase>,
  table: "labels" | "annotations",
  owner: MetadataOwner,
  guid: string,
  values: Readonly<Record<string, string | null>>,
  max: number,
): Promise<void> {
  const changes = Object.entries(values);
  if (changes.length === 0) return;
  const before = await count(trx, table, owner, guid);
  for (const [key, value] of changes) {
    const { prefix, name } = splitMetadataKey(key);
    if (value === null) {
      await trx
        .deleteFrom(table)
        .where("resource_guid", "=", guid)
        .where("resource_type", "=", owner)
        .where("key_prefix", "=", prefix)
        .where("key_name", "=", name)
        .execute();
      continue;
    }
    await trx
      .insertInto(table)
      .values({ resource_type: owner, resource_guid: guid, key_prefix: prefix, key_name: name, value })
      .onConflict((conflict) =>
        conflict.columns(["resource_guid", "resource_type", "key_prefix", "key_name"]).doUpdateSet({ value }),
      )
      .execute();
  }
  const after = await count(trx, table, owner, guid);
  if (after > before && after > max) {
    throw new CcError(table === "labels" ? "LabelLimitExceeded" : "AnnotationLimitExceeded", [changes.length, max]);
  }
}

async function count(
  trx: Kysely<CcDatabase>,
  table: "labels" | "annotations",
  owner: string,
  guid: string,
): Promise<number> {
  const row = await trx
    .selectFrom(table)
    .where("resource_guid", "=", guid)
    .where("resource_type", "=", owner)
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return row.n;
}

/** When a resource goes away. */
export async function deleteMetadata(
  trx: Kysely<CcDatabase>,
  owner: MetadataOwner,
  guids: readonly string[],
): Promise<void> {
  if (guids.length === 0) return;
  for (const table of ["labels", "annotations"] as const) {
    await trx.deleteFrom(table).where("resource_guid", "in", guids).where("resource_type", "=", owner).execute();
  }
}
