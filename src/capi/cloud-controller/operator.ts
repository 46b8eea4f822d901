import { sql } from "kysely";
import type { Database } from "../../kit/database.ts";
import type { Seal, SealingKeys } from "../../kit/seal.ts";
import type { BlobBucket } from "../blobstore/client.ts";
import type { CcApi } from "./api/api.ts";
import { BLOB_REFERENCES, ownedBlobs } from "./blob-references.ts";
import type { CcDatabase } from "./store/schema.ts";
import { resealRows } from "./store/sealed.ts";

export interface BlobReference {
  readonly bucket: BlobBucket;
  readonly key: string;
  readonly sha256: string | null;
  /** For people: `droplet GUID`. */
  readonly owner: string;
}

/** What the operator of an installation asks of the Cloud Controller. */
export interface CcOperator {
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  /** Seals with these keys from now on, and everything anew. Resolves, with the number of texts, when no other key is needed. */
  reseal(keys: SealingKeys, signal: AbortSignal): Promise<number>;
  blobReferences(): Promise<readonly BlobReference[]>;
  /** Names, as `bucket/key`, that rows may come to speak of; uploads are not among them. */
  ownedBlobs(): Promise<ReadonlySet<string>>;
  /** The row behind a reference whose blob is lost no longer says that it is there. Durable. */
  blobIsLost(reference: BlobReference): Promise<void>;
  /** Jobs by state. */
  jobs(): Promise<Readonly<Record<string, number>>>;
}

/** A transaction that began before the keys changed has ended by then. */
const SETTLED_MS = 2_000;

export function ccOperator(api: CcApi, database: Database<CcDatabase>, seal: Seal | null): CcOperator {
  return {
    ping: async () => {
      await sql`SELECT 1`.execute(api.db);
    },
    reseal: async (keys, signal) => {
      if (seal === null) return 0;
      seal.use(keys);
      let sealed = await resealRows(database.db, seal, signal);
      for (let more = -1; more !== 0; sealed += more) {
        await api.deps.clock.sleep(SETTLED_MS, signal);
        more = await resealRows(database.db, seal, signal);
      }
      signal.throwIfAborted();
      await database.durable();
      return sealed;
    },
    blobReferences: async () => (await sql.raw<BlobReference>(BLOB_REFERENCES).execute(api.db)).rows,
    ownedBlobs: () => ownedBlobs(api.db),
    blobIsLost: async ({ bucket, key }) => {
      const gone = { sha256: null, updated_at: api.nowMs() };
      if (bucket === "packages" || bucket === "droplets") {
        await api.db
          .updateTable(bucket)
          .set({ ...gone, sha1: null, state: "EXPIRED" })
          .where("guid", "=", key)
          .execute();
      } else if (bucket === "buildpacks") {
        const [guid = ""] = key.split("_");
        await api.db
          .updateTable("buildpacks")
          .set({ ...gone, filename: null, state: "AWAITING_UPLOAD" })
          .where("guid", "=", guid)
          .execute();
      }
      await api.durable();
    },
    jobs: async () => {
      const rows = await api.db
        .selectFrom("jobs")
        .select(({ fn }) => ["state", fn.countAll<number>().as("n")])
        .groupBy("state")
        .execute();
      return Object.fromEntries(rows.map(({ state, n }) => [state, Number(n)]));
    },
  };
}
