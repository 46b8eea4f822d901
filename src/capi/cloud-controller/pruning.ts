import { type Kysely, sql } from "kysely";
import type { BlobBucket, BlobstoreClient } from "../blobstore/client.ts";
import type { CcApi } from "./api/api.ts";
import { ownedBlobs, UPLOAD_PREFIX } from "./blob-references.ts";
import type { Retention } from "./config.ts";
import { deleteMetadata, type MetadataOwner } from "./metadata.ts";
import { removeOrphan } from "./resources/packages/leftovers.ts";
import type { CcDatabase } from "./store/schema.ts";

const DAY_MS = 86_400_000;
const EVERY_MS = DAY_MS / 24;
/** Rows of one statement: a big backlog must not hold up requests. */
const BATCH = 500;

/** CC: config/cloud_controller.yml */
export const DEFAULT_RETENTION: Retention = {
  auditEventDays: 31,
  usageEventDays: 31,
  completedTaskDays: 31,
  finishedJobDays: 90,
  buildsPerApp: 100,
  deploymentsPerApp: 100,
};

/** Registers the loop that, each hour, deletes old records batch by batch, and blobs that no row speaks of. CC: lib/cloud_controller/clock/scheduler.rb */
export function pruning(api: CcApi): void {
  api.background("pruning", async (signal) => {
    const blobstore = {
      keys: api.deps.blobstore.keys.bind(api.deps.blobstore),
      delete: (bucket: BlobBucket, key: string) => removeOrphan(api, bucket, key),
    };
    let strays: ReadonlySet<string> = new Set();
    while (!signal.aborted) {
      await prune(api.db, { ...DEFAULT_RETENTION, ...api.config.retention }, api.nowMs(), signal);
      await api.durable();
      await api.deps.clock.sleep(EVERY_MS, signal); // what lay there at the start is swept by then: packages/leftovers.ts
      strays = await deleteStrayBlobs(api.db, blobstore, strays, signal);
    }
  });
}

/** Deletes what is older, or more, than is kept. */
export async function prune(
  db: Kysely<CcDatabase>,
  kept: Retention,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const before = (days: number) => nowMs - days * DAY_MS;
  const old = (table: keyof CcDatabase, days: number, more = sql`1 = 1`): Promise<void> =>
    inBatches(signal, async () => {
      const { numAffectedRows = 0n } = await sql`DELETE FROM ${sql.table(table)} WHERE id IN
        (SELECT id FROM ${sql.table(table)} WHERE created_at < ${before(days)} AND ${more} ORDER BY id LIMIT ${BATCH})`.execute(
        db,
      );
      return Number(numAffectedRows);
    });
  await old("audit_events", kept.auditEventDays);
  // The last one stays: whoever reads them on from a guid needs it. CC: OldRecordCleanup, keep_at_least_one_record
  await old("app_usage_events", kept.usageEventDays, sql`id < (SELECT max(id) FROM app_usage_events)`);
  await old("service_usage_events", kept.usageEventDays, sql`id < (SELECT max(id) FROM service_usage_events)`);
  await old("jobs", kept.finishedJobDays, sql`state IN ('COMPLETE', 'FAILED')`);

  const resources = (
    table: "tasks" | "builds" | "deployments" | "droplets" | "packages",
    which: ReturnType<typeof sql>,
  ) => inBatches(signal, () => deleteResources(db, table, which));
  // An app's last task stays: the next one's number follows from it.
  await resources(
    "tasks",
    sql`SELECT guid FROM tasks WHERE state IN ('SUCCEEDED', 'FAILED') AND updated_at < ${before(kept.completedTaskDays)}
      AND sequence_id < (SELECT max(later.sequence_id) FROM tasks AS later WHERE later.app_guid = tasks.app_guid)`,
  );
  await resources("builds", beyond("builds", kept.buildsPerApp, sql`state IN ('STAGED', 'FAILED')`));
  await resources("deployments", beyond("deployments", kept.deploymentsPerApp, sql`status_value = 'FINALIZED'`));
  // Their bits are gone already. CC: ExpiredResourceCleanup
  await resources(
    "droplets",
    sql`SELECT guid FROM droplets WHERE state = 'EXPIRED' AND sha256 IS NULL
      AND guid NOT IN (SELECT droplet_guid FROM apps WHERE droplet_guid IS NOT NULL)`,
  );
  await resources("packages", sql`SELECT guid FROM packages WHERE state = 'EXPIRED' AND sha256 IS NULL`);
}

/** Those that are over, of each app all but its newest so many. */
function beyond(table: string, perApp: number, over: ReturnType<typeof sql>): ReturnType<typeof sql> {
  return sql`SELECT guid FROM (
      SELECT t.*, row_number() OVER (PARTITION BY app_guid ORDER BY created_at DESC, id DESC) AS place FROM ${sql.table(table)} AS t
    ) AS placed WHERE place > ${perApp} AND ${over}`;
}

const OWNERS = {
  tasks: "task",
  builds: "build",
  deployments: "deployment",
  droplets: "droplet",
  packages: "package",
} as const satisfies Record<string, MetadataOwner>;

/** With their labels and annotations. */
async function deleteResources(
  db: Kysely<CcDatabase>,
  table: keyof typeof OWNERS,
  which: ReturnType<typeof sql>,
): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ guid: string }>`${which} LIMIT ${BATCH}`.execute(trx);
    const guids = rows.map(({ guid }) => guid);
    if (guids.length === 0) return 0;
    await deleteMetadata(trx, OWNERS[table], guids);
    await trx.deleteFrom(table).where("guid", "in", guids).execute();
    return guids.length;
  });
}

async function inBatches(signal: AbortSignal, batch: () => Promise<number>): Promise<void> {
  let deleted = BATCH;
  while (deleted === BATCH && !signal.aborted) deleted = await batch();
}

const OWNED_BUCKETS: readonly BlobBucket[] = ["packages", "droplets", "buildpacks"];

/**
 * Deletes blobs that belonged to no row at the last look (`before`) and do not now either: between the two looks lies more time than any
 * upload takes. Gives those of this look. CC: jobs/runtime/orphaned_blobs_cleanup.rb
 */
export async function deleteStrayBlobs(
  db: Kysely<CcDatabase>,
  blobstore: Pick<BlobstoreClient, "keys" | "delete">,
  before: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const names: { bucket: BlobBucket; key: string }[] = [];
  for (const bucket of OWNED_BUCKETS) {
    for (const key of await blobstore.keys(bucket, "")) {
      if (!key.startsWith(UPLOAD_PREFIX)) names.push({ bucket, key });
    }
  }
  const owned = await ownedBlobs(db);
  const strays = new Set<string>();
  for (const { bucket, key } of names) {
    const name = `${bucket}/${key}`;
    if (owned.has(name) || signal.aborted) continue;
    if (before.has(name)) await blobstore.delete(bucket, key);
    else strays.add(name);
  }
  return strays;
}
