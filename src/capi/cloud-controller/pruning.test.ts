import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kysely } from "kysely";
import { kyselyOf } from "../../kit/kysely-sqlite.ts";
import { Sqlite } from "../../kit/sqlite.ts";
import { prune } from "./pruning.ts";
import { CC_MIGRATIONS } from "./store/migrations.ts";
import type { CcDatabase } from "./store/schema.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 200 * DAY_MS;

async function addJobs(
  db: Kysely<CcDatabase>,
  state: "PROCESSING" | "COMPLETE",
  ages: readonly number[],
): Promise<void> {
  for (const days of ages) {
    const at = NOW_MS - days * DAY_MS;
    await db
      .insertInto("jobs")
      .values({
        guid: `${state}-${days}`,
        created_at: at,
        updated_at: at,
        operation: "x",
        state,
        resource_type: "x",
        resource_guid: "x",
        user_guid: null,
        input: "{}",
        actor: "{}",
        errors: "[]",
        warnings: "[]",
        lane: "",
        root_guid: null,
        run_at: 0,
        runs: 0,
      })
      .execute();
  }
}

test("old finished jobs and events go, unfinished and young ones stay", async () => {
  using file = new Sqlite(":memory:");
  file.migrate(CC_MIGRATIONS);
  const db = kyselyOf<CcDatabase>(file);
  await addJobs(db, "COMPLETE", [1, 89, 91]);
  await addJobs(db, "PROCESSING", [100]);
  for (let index = 0; index < 1200; index++) {
    await db
      .insertInto("audit_events")
      .values({
        guid: `event-${index}`,
        created_at: NOW_MS - (index < 1100 ? 32 : 30) * DAY_MS,
        type: "x",
        actor_guid: "",
        actor_type: "",
        actor_name: "",
        target_guid: "",
        target_type: "",
        target_name: "",
        data: "{}",
        space_guid: null,
        organization_guid: null,
      })
      .execute();
  }
  await prune({ db, nowMs: () => NOW_MS }, new AbortController().signal);
  const jobs = await db.selectFrom("jobs").select("guid").orderBy("guid").execute();
  assert.deepEqual(
    jobs.map(({ guid }) => guid),
    ["COMPLETE-1", "COMPLETE-89", "PROCESSING-100"],
  );
  const events = await db.selectFrom("audit_events").select("guid").execute();
  assert.equal(events.length, 100);
});
