import type { CcApi } from "./api/api.ts";
import { unprocessable } from "./errors.ts";
import type { ListQuery } from "./list-query.ts";

/**
 * Where a list goes on after the event of `after_guid`: its id, or null without that filter. `what` is the event in CC's words.
 * CC: fetchers/app_usage_event_list_fetcher.rb, service_usage_event_list_fetcher.rb
 */
export async function idOfAfterGuid(
  api: CcApi,
  table: "app_usage_events" | "service_usage_events",
  list: ListQuery,
  what: string,
): Promise<number | null> {
  const after = list.list("after_guid");
  if (after === null) return null;
  if (after.length !== 1) throw unprocessable("After guid filter accepts only one guid");
  const event = await api.db.selectFrom(table).where("guid", "=", after[0]!).select("id").executeTakeFirst();
  if (event === undefined) throw unprocessable(`After guid filter must be a valid ${what} guid.`);
  return event.id;
}
