import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { sql } from "kysely";
import { type Database, openDatabase } from "../../kit/database.ts";
import { TestDatabase } from "../../kit/testing/test-database.ts";
import { DEFAULT_RETENTION, deleteStrayBlobs, prune } from "./pruning.ts";
import { CC_MIGRATIONS } from "./store/migrations.ts";
import type { CcDatabase } from "./store/schema.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 200 * DAY_MS;
const { signal } = new AbortController();
const place = new TestDatabase();
let database: Database<CcDatabase>;

before(async () => {
  database = await openDatabase<CcDatabase>(place.location, CC_MIGRATIONS);
});
beforeEach(async () => {
  for (const table of [
    "audit_events",
    "jobs",
    "tasks",
    "builds",
    "deployments",
    "droplets",
    "packages",
    "labels",
    "apps",
  ]) {
    await sql`DELETE FROM ${sql.table(table)}`.execute(database.db);
  }
  for (const table of ["app_usage_events", "service_usage_events"]) {
    await sql`DELETE FROM ${sql.table(table)}`.execute(database.db);
  }
});
after(async () => {
  await database[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

const ago = (days: number): number => NOW_MS - days * DAY_MS;

/** Columns that a row must have but that do not matter here. */
async function insert(table: string, row: Readonly<Record<string, string | number | null>>): Promise<void> {
  const names = sql.join(Object.keys(row).map((name) => sql.ref(name)));
  await sql`INSERT INTO ${sql.table(table)} (${names}) VALUES (${sql.join(Object.values(row))})`.execute(database.db);
}

async function guids(table: string): Promise<string[]> {
  const { rows } = await sql<{ guid: string }>`SELECT guid FROM ${sql.table(table)} ORDER BY guid`.execute(database.db);
  return rows.map(({ guid }) => guid);
}

const pruneNow = (kept = DEFAULT_RETENTION): Promise<void> => prune(database.db, kept, NOW_MS, signal);

async function addApp(guid: string, dropletGuid: string | null = null): Promise<void> {
  const stamp = { guid, created_at: 0, updated_at: 0 };
  if ((await guids("spaces")).length === 0) {
    await insert("organizations", { ...stamp, guid: "o", name: "o", status: "active", quota_guid: "q" });
    await insert("spaces", { ...stamp, guid: "s", name: "s", organization_guid: "o", allow_ssh: 1, status: "active" });
  }
  await insert("apps", {
    ...{ ...stamp, name: guid, space_guid: "s", desired_state: "STOPPED", lifecycle_type: "buildpack" },
    ...{ lifecycle_data: "{}", enable_ssh: 1, revisions_enabled: 1, droplet_guid: dropletGuid },
  });
}

const stampOf = (guid: string, days: number) => ({ guid, created_at: ago(days), updated_at: ago(days) });

test("old finished jobs and audit events go, unfinished and young ones stay, however many there are", async () => {
  for (const [state, days] of [
    ["COMPLETE", 1],
    ["COMPLETE", 89],
    ["FAILED", 91],
    ["PROCESSING", 100],
  ] as const) {
    await insert("jobs", {
      ...stampOf(`${state}-${days}`, days),
      ...{ operation: "x", state, resource_type: "x", resource_guid: "x", input: "{}", actor: "{}" },
      ...{ errors: "[]", warnings: "[]", lane: "", run_at: 0, runs: 0 },
    });
  }
  for (let index = 0; index < 1200; index++) {
    await insert("audit_events", {
      ...{ guid: `event-${index}`, created_at: ago(index < 1100 ? 32 : 30), type: "x", actor_guid: "", actor_type: "" },
      ...{ actor_name: "", target_guid: "", target_type: "", target_name: "", data: "{}" },
    });
  }
  await pruneNow();
  assert.deepEqual(await guids("jobs"), ["COMPLETE-1", "COMPLETE-89", "PROCESSING-100"]);
  assert.equal((await guids("audit_events")).length, 100);
});

test("usage events of apps and services go after 31 days, but never the last one", async () => {
  const space = { organization_guid: "o", space_guid: "s", space_name: "s" };
  const addService = (guid: string, days: number) =>
    insert("service_usage_events", {
      ...{ ...stampOf(guid, days), ...space, state: "CREATED" },
      ...{ service_instance_guid: "i", service_instance_name: "i", service_instance_type: "managed_service_instance" },
    });
  const addAppEvent = (guid: string, days: number) =>
    insert("app_usage_events", {
      ...{ ...stampOf(guid, days), ...space, state: "STARTED", app_guid: "a", app_name: "a" },
      ...{ process_guid: "p", process_type: "web", instance_count: 1, memory_in_mb_per_instance: 1 },
    });
  for (const add of [addService, addAppEvent]) {
    await add("1-old", 40);
    await add("2-old", 32);
    await add("3-young", 30);
  }
  await pruneNow();
  assert.deepEqual(await guids("service_usage_events"), ["3-young"]);
  assert.deepEqual(await guids("app_usage_events"), ["3-young"]);
  await pruneNow({ ...DEFAULT_RETENTION, usageEventDays: 1 });
  assert.deepEqual(await guids("service_usage_events"), ["3-young"]);
  assert.deepEqual(await guids("app_usage_events"), ["3-young"]);
});

test("completed tasks go with their labels, an app's last one stays so that numbers go on", async () => {
  await addApp("a");
  const add = (sequence: number, state: string, days: number) =>
    insert("tasks", {
      ...{ ...stampOf(`task-${sequence}`, days), app_guid: "a", droplet_guid: "d", sequence_id: sequence, name: "n" },
      ...{ command: "c", state, memory_in_mb: 1, disk_in_mb: 1, log_rate_limit_in_bytes_per_second: -1 },
    });
  await add(1, "SUCCEEDED", 32);
  await add(2, "FAILED", 32);
  await add(3, "RUNNING", 60);
  await add(4, "SUCCEEDED", 30);
  await add(5, "SUCCEEDED", 40);
  for (const guid of ["task-1", "task-3"]) {
    await insert("labels", { resource_type: "task", resource_guid: guid, key_prefix: "", key_name: "k", value: "v" });
  }
  await pruneNow();
  assert.deepEqual(await guids("tasks"), ["task-3", "task-4", "task-5"]);
  const labels = await database.db.selectFrom("labels").select("resource_guid").execute();
  assert.deepEqual(
    labels.map((label) => label.resource_guid),
    ["task-3"],
  );
});

test("of each app the newest builds and deployments stay, and those that are not over", async () => {
  for (const app of ["a", "b"]) await addApp(app);
  for (const [app, count] of [
    ["a", 6],
    ["b", 2],
  ] as const) {
    for (let n = 0; n < count; n++) {
      await insert("builds", {
        ...{
          ...stampOf(`${app}-${n}`, 10 - n),
          app_guid: app,
          package_guid: "p",
          state: n === 0 ? "STAGING" : "STAGED",
        },
        ...{ lifecycle_type: "buildpack", lifecycle_data: "{}", staging_memory_in_mb: 1, staging_disk_in_mb: 1 },
        staging_log_rate_limit_bytes_per_second: -1,
      });
      await insert("deployments", {
        ...{ ...stampOf(`${app}-${n}`, 10 - n), app_guid: app, state: "DEPLOYED", strategy: "rolling" },
        ...{
          status_value: n === 0 ? "ACTIVE" : "FINALIZED",
          status_updated_at: 0,
          original_web_process_instance_count: 1,
        },
      });
    }
  }
  await pruneNow({ ...DEFAULT_RETENTION, buildsPerApp: 2, deploymentsPerApp: 3 });
  assert.deepEqual(await guids("builds"), ["a-0", "a-4", "a-5", "b-0", "b-1"]);
  assert.deepEqual(await guids("deployments"), ["a-0", "a-3", "a-4", "a-5", "b-0", "b-1"]);
});

test("expired droplets and packages go once their bits are gone, an app's current droplet never", async () => {
  await addApp("a", "current");
  const droplet = (guid: string, state: string, sha256: string | null) =>
    insert("droplets", { ...stampOf(guid, 1), app_guid: "a", state, lifecycle_type: "buildpack", sha256 });
  await droplet("current", "EXPIRED", null);
  await droplet("expired", "EXPIRED", null);
  await droplet("not-yet", "EXPIRED", "abc");
  await droplet("staged", "STAGED", "abc");
  const pkg = (guid: string, state: string) =>
    insert("packages", { ...stampOf(guid, 1), app_guid: "a", type: "bits", state, sha256: null });
  await pkg("expired", "EXPIRED");
  await pkg("waiting", "AWAITING_UPLOAD");
  await pruneNow();
  assert.deepEqual(await guids("droplets"), ["current", "not-yet", "staged"]);
  assert.deepEqual(await guids("packages"), ["waiting"]);
});

test("a blob of nobody goes when it is still nobody's an hour later", async () => {
  await addApp("a");
  await insert("packages", {
    ...stampOf("known", 1),
    app_guid: "a",
    type: "bits",
    state: "PROCESSING_UPLOAD",
    sha256: null,
  });
  const names = new Set(["packages/known", "packages/upload-x", "packages/stray", "droplets/late", "resources/r"]);
  const blobstore = {
    keys: async (bucket: string) =>
      [...names].filter((one) => one.startsWith(`${bucket}/`)).map((one) => one.slice(bucket.length + 1)),
    delete: async (bucket: string, key: string) => void names.delete(`${bucket}/${key}`),
  };
  const first = await deleteStrayBlobs(database.db, blobstore, new Set(), signal);
  assert.deepEqual([...first], ["packages/stray", "droplets/late"]);
  assert.equal(names.size, 5);
  await insert("droplets", {
    ...stampOf("late", 0),
    app_guid: "a",
    state: "PROCESSING_UPLOAD",
    lifecycle_type: "buildpack",
  });
  assert.deepEqual([...(await deleteStrayBlobs(database.db, blobstore, first, signal))], []);
  assert.deepEqual([...names].sort(), ["droplets/late", "packages/known", "packages/upload-x", "resources/r"]);
});
