import type { Selectable } from "kysely";
import { type Access, SPACE_EVENT_READERS } from "../../access.ts";
import { organizationRoleGuids, spaceGuidsWith } from "../../access-store.ts";
import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import type { Links } from "../../api/links.ts";
import type { Query } from "../../api/query.ts";
import { presentTime } from "../../api/timestamps.ts";
import { CcError, notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import type { AuditEventsTable } from "../../store/schema.ts";

/** CC: messages/events_list_message.rb */
const EVENTS_LIST: ListSpec = {
  filters: { types: "list", target_guids: "list", space_guids: "list", organization_guids: "list" },
};

/** Registers `/v3/audit_events`. CC: controllers/v3/events_controller.rb */
export function auditEvents(api: CcApi): void {
  api.get("/v3/audit_events", async ({ query, access, path }) => {
    const excluded = excludedTargets(query);
    const list = parseListQuery(EVENTS_LIST, excluded === null ? query : { ...query, target_guids: "" });
    let rows = readable(api, access);
    const types = list.list("types");
    if (types !== null) rows = rows.where("audit_events.type", "in", types);
    const targets = list.list("target_guids");
    if (excluded !== null) rows = rows.where("audit_events.target_guid", "not in", excluded);
    else if (targets !== null) rows = rows.where("audit_events.target_guid", "in", targets);
    const spaces = list.list("space_guids");
    if (spaces !== null) rows = rows.where("audit_events.space_guid", "in", spaces);
    const organizations = list.list("organization_guids");
    if (organizations !== null) rows = rows.where("audit_events.organization_guid", "in", organizations);
    const page = await readPage(rows, "audit_events", list, { columns: { updated_at: "created_at" } });
    const shown = page.rows.map((event) => presentEvent(event, api.links));
    return ok(presentPage(api.links, path, { ...list, given: query }, page.total, shown));
  });
  api.get("/v3/audit_events/:guid", async ({ params, access }) => {
    const event = await readable(api, access).where("audit_events.guid", "=", params["guid"]!).executeTakeFirst();
    if (event === undefined) throw notFound("Event");
    return ok(presentEvent(event, api.links));
  });
}

/** `target_guids[not]=a,b`. */
function excludedTargets(query: Query): string[] | null {
  const targets = query["target_guids"];
  if (targets === undefined || typeof targets === "string") return null;
  const excluded = targets["not"];
  if (excluded === undefined || excluded === "") {
    throw new CcError("BadQueryParameter", ["Target guids target_guids has an invalid operator"]);
  }
  return excluded.split(/,\s*/);
}

/** Those of the spaces where the caller works, and of the organizations that he audits. */
function readable(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("audit_events").selectAll("audit_events");
  if (access.readsAll) return rows;
  const spaces = spaceGuidsWith(api.db, access, SPACE_EVENT_READERS);
  const audited = organizationRoleGuids(api.db, access, ["organization_auditor"]);
  if (Array.isArray(audited) && audited.length === 0) return rows.where("audit_events.space_guid", "in", spaces);
  return rows.where((eb) =>
    eb.or([eb("audit_events.space_guid", "in", spaces), eb("audit_events.organization_guid", "in", audited)]),
  );
}

/** CC: presenters/v3/event_presenter.rb */
function presentEvent(event: Selectable<AuditEventsTable>, links: Links): object {
  const at = presentTime(event.created_at);
  return {
    guid: event.guid,
    created_at: at,
    updated_at: at,
    type: event.type,
    actor: { guid: event.actor_guid, type: event.actor_type, name: event.actor_name },
    target: { guid: event.target_guid, type: event.target_type, name: event.target_name },
    data: JSON.parse(event.data) as object,
    space: event.space_guid === null ? null : { guid: event.space_guid },
    organization: event.organization_guid === null ? null : { guid: event.organization_guid },
    links: { self: links.to(`/v3/audit_events/${event.guid}`) },
  };
}
