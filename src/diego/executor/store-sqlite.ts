import { type Migration, Sqlite } from "../../kit/sqlite.ts";
import type { Container, RunInfo } from "./model.ts";
import type { ContainerNote, ExecutorStore } from "./store.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE containers (
        guid TEXT PRIMARY KEY,
        record TEXT NOT NULL,
        run TEXT
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE done_steps (
        guid TEXT NOT NULL,
        step_id TEXT NOT NULL,
        PRIMARY KEY (guid, step_id)
      ) STRICT, WITHOUT ROWID;`,
  },
];

/** Notes in one SQLite file; `:memory:` for tests. The file holds the apps' environment: it belongs in the state folder. */
export function openExecutorStore(path: string): ExecutorStore {
  const file = new Sqlite(path);
  file.migrate(MIGRATIONS);
  const put = file.prepare(
    "INSERT INTO containers (guid, record, run) VALUES (?, ?, ?) ON CONFLICT (guid) DO UPDATE SET record = excluded.record",
  );
  const putRun = file.prepare("UPDATE containers SET run = ? WHERE guid = ?");
  const mark = file.prepare("INSERT OR IGNORE INTO done_steps (guid, step_id) VALUES (?, ?)");
  const remove = file.prepare("DELETE FROM containers WHERE guid = ?");
  const removeSteps = file.prepare("DELETE FROM done_steps WHERE guid = ?");
  // The run info is large and hardly changes: it is written only when it is another object.
  const writtenRuns = new Map<string, RunInfo>();
  return {
    all: () => {
      const done = new Map<string, string[]>();
      for (const row of file.prepare("SELECT guid, step_id FROM done_steps").all()) {
        const steps = done.get(String(row["guid"])) ?? [];
        steps.push(String(row["step_id"]));
        done.set(String(row["guid"]), steps);
      }
      return file
        .prepare("SELECT record, run FROM containers")
        .all()
        .map((row): ContainerNote => {
          const record = JSON.parse(String(row["record"])) as Omit<Container, "run">;
          const run = row["run"] === null ? null : (JSON.parse(String(row["run"])) as RunInfo);
          if (run !== null) writtenRuns.set(record.guid, run);
          // Notes of earlier versions know no layers.
          return { container: { ...record, layer: record.layer ?? null, run }, doneSteps: done.get(record.guid) ?? [] };
        });
    },
    put: (container) => {
      const { run, ...record } = container;
      file.transaction(() => {
        put.run(container.guid, JSON.stringify(record), null);
        if (run !== null && writtenRuns.get(container.guid) !== run) putRun.run(JSON.stringify(run), container.guid);
      });
      if (run !== null) writtenRuns.set(container.guid, run);
    },
    markDone: (guid, stepId) => void mark.run(guid, stepId),
    delete: (guid) => {
      file.transaction(() => {
        remove.run(guid);
        removeSteps.run(guid);
      });
      writtenRuns.delete(guid);
    },
    durable: () => file.durable(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}
