import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { type AppPlace, findAppPlace } from "../apps/place.ts";
import type { Task } from "./present.ts";

const FINAL: readonly Task["state"][] = ["SUCCEEDED", "FAILED"];

export function isFinal(task: Pick<Task, "state">): boolean {
  return FINAL.includes(task.state);
}

/** Moves a task on, with its usage event. A task that has ended stays as it is: null then. */
export async function changeTaskState(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  guid: string,
  from: readonly Task["state"][],
  to: Task["state"],
  failureReason: string | null = null,
): Promise<Task | null> {
  const before = await trx.selectFrom("tasks").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (before === undefined || !from.includes(before.state)) return null;
  const after = await trx
    .updateTable("tasks")
    .set({ state: to, failure_reason: failureReason, updated_at: api.nowMs() })
    .where("guid", "=", guid)
    .returningAll()
    .executeTakeFirstOrThrow();
  const place = await findAppPlace(trx, after.app_guid);
  if (place === null) return after;
  if (to === "RUNNING") await recordTaskUsage(api, trx, place, before, after, "TASK_STARTED");
  else if (isFinal(after) && (await wasStarted(trx, guid))) {
    await recordTaskUsage(api, trx, place, before, after, "TASK_STOPPED");
  }
  return after;
}

/** A task that never ran was never billed. CC: task_model.rb, create_stop_event_if_needed */
async function wasStarted(trx: Kysely<CcDatabase>, guid: string): Promise<boolean> {
  const event = await trx
    .selectFrom("app_usage_events")
    .where("task_guid", "=", guid)
    .where("state", "=", "TASK_STARTED")
    .select("guid")
    .executeTakeFirst();
  return event !== undefined;
}

/** CC: app_usage_event_repository.rb, create_from_task */
async function recordTaskUsage(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  before: Task,
  task: Task,
  state: "TASK_STARTED" | "TASK_STOPPED",
): Promise<void> {
  await trx
    .insertInto("app_usage_events")
    .values({
      ...api.stamp(),
      state,
      previous_state: before.state,
      app_guid: place.app.guid,
      app_name: place.app.name,
      process_guid: "",
      process_type: "",
      space_guid: place.space.guid,
      space_name: place.space.name,
      organization_guid: place.organization.guid,
      buildpack_guid: null,
      buildpack_name: null,
      task_guid: task.guid,
      task_name: task.name,
      memory_in_mb_per_instance: task.memory_in_mb,
      previous_memory_in_mb_per_instance: before.memory_in_mb,
      instance_count: 1,
      previous_instance_count: 1,
    })
    .execute();
}
