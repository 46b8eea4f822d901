import { type Migration, Sqlite, type SqlRow } from "../../kit/sqlite.ts";
import type { ActualLrp, ActualLrpState, DesiredLrp, Presence } from "../../protocol/lrp.ts";
import type { Task, TaskDefinition, TaskState } from "../../protocol/task.ts";
import type { LrpStore, StoreChange } from "./store.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    // What queries never look into is JSON: everything is in memory, the file only brings it back.
    sql: `
      CREATE TABLE desired_lrps (process_guid TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE actual_lrps (
        process_guid TEXT NOT NULL, instance_index INTEGER NOT NULL, presence TEXT NOT NULL, domain TEXT NOT NULL,
        state TEXT NOT NULL, instance_guid TEXT NOT NULL, cell_id TEXT NOT NULL, placement_error TEXT NOT NULL,
        since INTEGER NOT NULL, net_info TEXT, internal_routes TEXT NOT NULL, metric_tags TEXT NOT NULL,
        routable INTEGER NOT NULL, availability_zone TEXT NOT NULL, modification_tag_epoch TEXT NOT NULL,
        modification_tag_index INTEGER NOT NULL, crash_count INTEGER NOT NULL, crash_reason TEXT NOT NULL,
        PRIMARY KEY (process_guid, instance_index, presence)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE tasks (
        guid TEXT PRIMARY KEY, domain TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        first_completed_at INTEGER NOT NULL, state TEXT NOT NULL, cell_id TEXT NOT NULL, result TEXT NOT NULL,
        failed INTEGER NOT NULL, failure_reason TEXT NOT NULL, rejection_count INTEGER NOT NULL,
        rejection_reason TEXT NOT NULL, task_definition TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE domains (domain TEXT PRIMARY KEY, expire_time INTEGER) STRICT, WITHOUT ROWID;`,
  },
];

const PAGE_ROWS = 2_000;
const NO_TAGS: ActualLrp["metricTags"] = {};
const NO_ROUTES: ActualLrp["internalRoutes"] = [];

function actualFromRow(row: SqlRow): ActualLrp {
  const text = (column: string): string => String(row[column]);
  return {
    key: { processGuid: text("process_guid"), index: Number(row["instance_index"]), domain: text("domain") },
    instanceKey: row["instance_guid"] === "" ? null : { instanceGuid: text("instance_guid"), cellId: text("cell_id") },
    netInfo: row["net_info"] === null ? null : (JSON.parse(text("net_info")) as ActualLrp["netInfo"]),
    crashCount: Number(row["crash_count"]),
    crashReason: text("crash_reason"),
    state: text("state") as ActualLrpState,
    placementError: text("placement_error"),
    sinceNs: BigInt(row["since"] as bigint),
    modificationTag: { epoch: text("modification_tag_epoch"), index: Number(row["modification_tag_index"]) },
    presence: text("presence") as Presence,
    metricTags: row["metric_tags"] === "{}" ? NO_TAGS : (JSON.parse(text("metric_tags")) as ActualLrp["metricTags"]),
    internalRoutes:
      row["internal_routes"] === "[]"
        ? NO_ROUTES
        : (JSON.parse(text("internal_routes")) as ActualLrp["internalRoutes"]),
    routable: Number(row["routable"]) === 1,
    availabilityZone: text("availability_zone"),
  };
}

function taskFromRow(row: SqlRow): Task {
  const text = (column: string): string => String(row[column]);
  return {
    taskGuid: text("guid"),
    domain: text("domain"),
    definition: JSON.parse(text("task_definition")) as TaskDefinition,
    state: text("state") as TaskState,
    createdAtNs: BigInt(row["created_at"] as bigint),
    updatedAtNs: BigInt(row["updated_at"] as bigint),
    firstCompletedAtNs: BigInt(row["first_completed_at"] as bigint),
    cellId: text("cell_id"),
    result: text("result"),
    failed: Number(row["failed"]) === 1,
    failureReason: text("failure_reason"),
    rejectionCount: Number(row["rejection_count"]),
    rejectionReason: text("rejection_reason"),
  };
}

/** All rows of a table, read page by page so that memory holds one page of them. Names are ours, never from outside. */
function* pages(db: Sqlite, table: string, key: readonly string[]): Generator<SqlRow> {
  const order = `ORDER BY ${key.join(", ")} LIMIT ${PAGE_ROWS}`;
  const first = db.prepare(`SELECT * FROM ${table} ${order}`, { bigints: true });
  const marks = key.map(() => "?").join(", ");
  const next = db.prepare(`SELECT * FROM ${table} WHERE (${key.join(", ")}) > (${marks}) ${order}`, { bigints: true });
  let rows = first.all();
  while (rows.length > 0) {
    yield* rows;
    const last = rows.at(-1)!;
    rows = rows.length < PAGE_ROWS ? [] : next.all(...key.map((column) => last[column]!));
  }
}

function* map<T>(rows: Iterable<SqlRow>, from: (row: SqlRow) => T): Generator<T> {
  for (const row of rows) yield from(row);
}

/** The BBS on one SQLite file. */
export function sqliteLrpStore(path: string): LrpStore {
  const db = new Sqlite(path);
  try {
    db.migrate(MIGRATIONS);
  } catch (error) {
    db[Symbol.dispose]();
    throw error;
  }
  const putDesired = db.prepare("INSERT OR REPLACE INTO desired_lrps VALUES (?, ?)");
  const deleteDesired = db.prepare("DELETE FROM desired_lrps WHERE process_guid = ?");
  const putActual = db.prepare(
    "INSERT OR REPLACE INTO actual_lrps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const deleteActual = db.prepare(
    "DELETE FROM actual_lrps WHERE process_guid = ? AND instance_index = ? AND presence = ?",
  );
  const putTask = db.prepare("INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const deleteTask = db.prepare("DELETE FROM tasks WHERE guid = ?");
  const putDomain = db.prepare("INSERT OR REPLACE INTO domains VALUES (?, ?)");
  const deleteDomain = db.prepare("DELETE FROM domains WHERE domain = ?");

  const apply = (change: StoreChange): void => {
    switch (change.kind) {
      case "put-desired":
        putDesired.run(change.lrp.processGuid, JSON.stringify(change.lrp));
        break;
      case "delete-desired":
        deleteDesired.run(change.processGuid);
        break;
      case "put-actual": {
        const { lrp } = change;
        putActual.run(
          lrp.key.processGuid,
          lrp.key.index,
          lrp.presence,
          lrp.key.domain,
          lrp.state,
          lrp.instanceKey?.instanceGuid ?? "",
          lrp.instanceKey?.cellId ?? "",
          lrp.placementError,
          lrp.sinceNs,
          lrp.netInfo === null ? null : JSON.stringify(lrp.netInfo),
          JSON.stringify(lrp.internalRoutes),
          JSON.stringify(lrp.metricTags),
          lrp.routable ? 1 : 0,
          lrp.availabilityZone,
          lrp.modificationTag.epoch,
          lrp.modificationTag.index,
          lrp.crashCount,
          lrp.crashReason,
        );
        break;
      }
      case "delete-actual":
        deleteActual.run(change.processGuid, change.index, change.presence);
        break;
      case "put-task": {
        const { task } = change;
        putTask.run(
          task.taskGuid,
          task.domain,
          task.createdAtNs,
          task.updatedAtNs,
          task.firstCompletedAtNs,
          task.state,
          task.cellId,
          task.result,
          task.failed ? 1 : 0,
          task.failureReason,
          task.rejectionCount,
          task.rejectionReason,
          JSON.stringify(task.definition),
        );
        break;
      }
      case "delete-task":
        deleteTask.run(change.taskGuid);
        break;
      case "put-domain":
        putDomain.run(change.domain, Number.isFinite(change.expiresAtMs) ? Math.round(change.expiresAtMs) : null);
        break;
      case "delete-domain":
        deleteDomain.run(change.domain);
        break;
    }
  };

  return {
    load: async () => ({
      desired: map(
        pages(db, "desired_lrps", ["process_guid"]),
        (row) => JSON.parse(String(row["record"])) as DesiredLrp,
      ),
      actual: map(pages(db, "actual_lrps", ["process_guid", "instance_index", "presence"]), actualFromRow),
      tasks: map(pages(db, "tasks", ["guid"]), taskFromRow),
      domains: map(pages(db, "domains", ["domain"]), (row) => [
        String(row["domain"]),
        row["expire_time"] === null ? Number.POSITIVE_INFINITY : Number(row["expire_time"]),
      ]),
    }),
    write: async (batch) => {
      db.transaction(() => {
        for (const change of batch) apply(change);
      });
      await db.durable();
    },
    [Symbol.asyncDispose]: async () => {
      // Closing before a running sync ends would take the file descriptor from under it.
      await db.durable();
      db[Symbol.dispose]();
    },
  };
}
