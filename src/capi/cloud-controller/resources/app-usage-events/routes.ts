import type { Selectable } from "kysely";
import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import { notAuthorized, notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import type { AppUsageEventsTable } from "../../store/schema.ts";
import { idOfAfterGuid } from "../../usage-events.ts";

type UsageEvent = Selectable<AppUsageEventsTable>;

/** CC: messages/app_usage_events_list_message.rb */
const USAGE_EVENTS_LIST: ListSpec = { filters: { after_guid: "list" }, without: ["updated_ats"] };

/** Registers `/v3/app_usage_events`, which billing systems read. */
export function appUsageEvents(api: CcApi): void {
  api.get("/v3/app_usage_events", index(api));
  api.get("/v3/app_usage_events/:guid", async ({ params, access }) => {
    const event = access.readsAll
      ? await api.db.selectFrom("app_usage_events").where("guid", "=", params["guid"]!).selectAll().executeTakeFirst()
      : undefined;
    if (event === undefined) throw notFound("App usage event");
    return ok(presentUsageEvent(event, api.links));
  });
  api.post("/v3/app_usage_events/actions/destructively_purge_all_and_reseed", async ({ access }) => {
    if (!access.admin) throw notAuthorized();
    await purgeAndReseed(api);
    return ok({});
  });
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(USAGE_EVENTS_LIST, query);
    let rows = api.db.selectFrom("app_usage_events").selectAll("app_usage_events");
    if (!access.readsAll) rows = rows.where((eb) => eb.lit(false));
    const after = await idOfAfterGuid(api, "app_usage_events", list, "app usage event");
    if (after !== null) rows = rows.where("id", ">", after);
    const page = await readPage(rows, "app_usage_events", list);
    const resources = page.rows.map((row) => presentUsageEvent(row, api.links));
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

/** One STARTED event for each process that runs now. CC: app_usage_event_repository.rb, purge_and_reseed_started_apps! */
async function purgeAndReseed(api: CcApi): Promise<void> {
  await api.transaction(async (trx) => {
    await trx.deleteFrom("app_usage_events").execute();
    const running = await trx
      .selectFrom("processes")
      .innerJoin("apps", "apps.guid", "processes.app_guid")
      .innerJoin("spaces", "spaces.guid", "apps.space_guid")
      .where("processes.state", "=", "STARTED")
      .orderBy("processes.id")
      .select([
        "processes.guid as process_guid",
        "processes.type as process_type",
        "processes.memory_in_mb",
        "processes.instances",
        "apps.guid as app_guid",
        "apps.name as app_name",
        "spaces.guid as space_guid",
        "spaces.name as space_name",
        "spaces.organization_guid",
      ])
      .execute();
    for (const { memory_in_mb: memoryMb, instances, ...row } of running) {
      await trx
        .insertInto("app_usage_events")
        .values({
          ...api.stamp(),
          ...row,
          state: "STARTED",
          previous_state: "STARTED",
          buildpack_guid: null,
          buildpack_name: null,
          task_guid: null,
          task_name: null,
          memory_in_mb_per_instance: memoryMb,
          previous_memory_in_mb_per_instance: memoryMb,
          instance_count: instances,
          previous_instance_count: instances,
        })
        .execute();
    }
  });
}

/** CC: presenters/v3/app_usage_event_presenter.rb */
function presentUsageEvent(event: UsageEvent, links: Links): object {
  return {
    guid: event.guid,
    created_at: presentTime(event.created_at),
    updated_at: presentTime(event.created_at),
    state: { current: event.state, previous: event.previous_state },
    app: { guid: event.app_guid, name: event.app_name },
    process: { guid: event.process_guid || null, type: event.process_type || null },
    space: { guid: event.space_guid, name: event.space_name },
    organization: { guid: event.organization_guid },
    buildpack: { guid: event.buildpack_guid, name: event.buildpack_name },
    task: { guid: event.task_guid, name: event.task_name },
    memory_in_mb_per_instance: {
      current: event.memory_in_mb_per_instance,
      previous: event.previous_memory_in_mb_per_instance,
    },
    instance_count: { current: event.instance_count, previous: event.previous_instance_count },
    links: { self: links.to(`/v3/app_usage_events/${event.guid}`) },
  };
}
