import type { Selectable } from "kysely";
import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import { notAuthorized, notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import type { ServiceUsageEventsTable } from "../../store/schema.ts";
import { idOfAfterGuid } from "../../usage-events.ts";
import { instancesWithPlaces, usageType } from "./record.ts";

/** CC: messages/service_usage_events_list_message.rb */
const USAGE_EVENTS_LIST = {
  filters: { after_guid: "list", service_instance_types: "list", service_offering_guids: "list" },
  without: ["updated_ats"],
  mistakesAre: "UnprocessableEntity",
} as const satisfies ListSpec;

/** Registers `/v3/service_usage_events`, which billing systems read. CC: controllers/v3/service_usage_events_controller.rb */
export function serviceUsageEvents(api: CcApi): void {
  api.get("/v3/service_usage_events", index(api));
  api.get("/v3/service_usage_events/:guid", async ({ params, access }) => {
    const event = access.readsAll
      ? await api.db
          .selectFrom("service_usage_events")
          .where("guid", "=", params["guid"]!)
          .selectAll()
          .executeTakeFirst()
      : undefined;
    if (event === undefined) throw notFound("Service usage event");
    return ok(present(event, api.links));
  });
  api.post("/v3/service_usage_events/actions/destructively_purge_all_and_reseed", async ({ access }) => {
    if (!access.admin) throw notAuthorized();
    await purgeAndReseed(api);
    return ok({});
  });
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(USAGE_EVENTS_LIST, query);
    let rows = api.db.selectFrom("service_usage_events").selectAll("service_usage_events");
    if (!access.readsAll) rows = rows.where((eb) => eb.lit(false));
    const after = await idOfAfterGuid(api, "service_usage_events", list, "service usage event");
    if (after !== null) rows = rows.where("service_usage_events.id", ">", after);
    const types = list.list("service_instance_types");
    if (types !== null) {
      rows = rows.where("service_instance_type", "in", types as ServiceUsageEventsTable["service_instance_type"][]);
    }
    const offerings = list.list("service_offering_guids");
    if (offerings !== null) rows = rows.where("service_offering_guid", "in", offerings);
    const page = await readPage(rows, "service_usage_events", list);
    const resources = page.rows.map((row) => present(row, api.links));
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

/** One CREATED event for each instance that there is. CC: purge_and_reseed_service_instances! */
async function purgeAndReseed(api: CcApi): Promise<void> {
  await api.transaction(async (trx) => {
    await trx.deleteFrom("service_usage_events").execute();
    for (const { type, ...row } of await instancesWithPlaces(trx).orderBy("instance.id").execute()) {
      await trx
        .insertInto("service_usage_events")
        .values({ ...api.stamp(), ...row, service_instance_type: usageType(type), state: "CREATED" })
        .execute();
    }
  });
}

/** CC: presenters/v3/service_usage_event_presenter.rb */
function present(event: Selectable<ServiceUsageEventsTable>, links: Links): object {
  return {
    guid: event.guid,
    created_at: presentTime(event.created_at),
    updated_at: presentTime(event.created_at),
    state: event.state,
    space: { guid: event.space_guid, name: event.space_name },
    organization: { guid: event.organization_guid },
    service_instance: {
      guid: event.service_instance_guid,
      name: event.service_instance_name,
      type: event.service_instance_type,
    },
    service_plan: { guid: event.service_plan_guid, name: event.service_plan_name },
    service_offering: { guid: event.service_offering_guid, name: event.service_offering_name },
    service_broker: { guid: event.service_broker_guid, name: event.service_broker_name },
    links: { self: links.to(`/v3/service_usage_events/${event.guid}`) },
  };
}
