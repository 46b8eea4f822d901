import { z } from "zod";
import { isUniqueViolation } from "../../../../kit/database.ts";
import { type Access, ROUTE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import { created, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { Caller, CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery, parseShowQuery } from "../../list-query.ts";
import { changeMetadata, deleteMetadata } from "../../metadata.ts";
import { check, metadata, own, parseBody, relationships, toOneRequired } from "../../validation.ts";
import { requireSpaceWrite, type Space } from "../../visible.ts";
import type { Route } from "../routes/present.ts";
import { touchProcesses } from "../routes/touch-processes.ts";
import { domainOf, spaceOf } from "../routes/visible-route.ts";
import { includedWithPolicies, presentRoutePolicies, type RoutePolicy } from "./present.ts";
import { conflictText, type PolicySource, parseSource, SOURCE, sourceText } from "./source.ts";

const PATH = "/v3/route_policies";
const FORMAT = "must be in format 'cf:app:<uuid>', 'cf:space:<uuid>', 'cf:org:<uuid>', or 'cf:any'";

/** CC: messages/route_policy_create_message.rb */
const POLICY_CREATE = z.strictObject({
  source: z
    .string({
      error: ({ input }) => own(input === undefined || input === null ? "can't be blank" : "must be a string"),
    })
    .superRefine(check<string>((source) => (SOURCE.test(source) ? [] : source === "" ? ["can't be blank"] : [FORMAT]))),
  relationships: relationships({ route: toOneRequired("route") }),
  metadata: metadata(),
});
const POLICY_UPDATE = z.strictObject({ metadata: metadata() });
const INCLUDE = ["source", "route"];
/** CC: messages/route_policies_list_message.rb */
const POLICIES_LIST: ListSpec = {
  filters: { route_guids: "list", space_guids: "list", sources: "list", source_guids: "list" },
  labelSelector: true,
  include: INCLUDE,
  check: (list) => {
    const invalid = (list.list("sources") ?? []).filter((source) => !SOURCE.test(source));
    return invalid.length === 0 ? [] : [`Sources contains invalid source format: ${invalid.join(", ")}`];
  },
};

/** Registers `/v3/route_policies`: who may call a route of a domain that enforces it. CC: controllers/v3/route_policies_controller.rb */
export function routePolicies(api: CcApi): void {
  api.get(PATH, index(api));
  api.post(PATH, create(api));
  api.get(`${PATH}/:guid`, async ({ params, query, access }) => {
    const { include } = parseShowQuery({ include: INCLUDE, mistakesAre: "UnprocessableEntity" }, query);
    const { policy } = await visiblePolicy(api, access, params["guid"]!);
    return ok({ ...(await present(api, policy)), ...(await includedWithPolicies(api, access, include, [policy])) });
  });
  api.patch(`${PATH}/:guid`, update(api));
  api.delete(`${PATH}/:guid`, remove(api));
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(POLICIES_LIST, query);
    let rows = api.db
      .selectFrom("route_policies")
      .innerJoin("routes", "routes.guid", "route_policies.route_guid")
      .selectAll("route_policies");
    if (!access.readsAll) rows = rows.where("routes.space_guid", "in", spaceGuidsWith(api.db, access, ROUTE_READERS));
    const routeGuids = list.list("route_guids");
    if (routeGuids !== null) rows = rows.where("route_policies.route_guid", "in", routeGuids);
    const spaceGuids = list.list("space_guids");
    if (spaceGuids !== null) rows = rows.where("routes.space_guid", "in", spaceGuids);
    const sourceGuids = list.list("source_guids");
    if (sourceGuids !== null) rows = rows.where("route_policies.source_guid", "in", sourceGuids);
    const sources = list.list("sources");
    if (sources !== null) {
      rows = rows.where((eb) =>
        eb.or(
          sources
            .map(parseSource)
            .map(({ source_type: type, source_guid: guid }) =>
              eb("route_policies.source_type", "=", type).and("route_policies.source_guid", "=", guid),
            ),
        ),
      );
    }
    const page = await readPage(rows, "route_policies", list, { owner: "route_policy" });
    const document = presentPage(api.links, path, list, page.total, await presentRoutePolicies(api, page.rows));
    return ok({ ...document, ...(await includedWithPolicies(api, access, list.include, page.rows)) });
  };
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    const wanted = parseBody(POLICY_CREATE, body);
    const route = await routeOf(api, wanted.relationships.route);
    const space = route === null ? null : await spaceOf(api, route);
    if (route === null || space === null || !access.canReadSpace(space)) throw notFound("Route");
    await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
    const source = parseSource(wanted.source);
    await requireEnforcement(api, route, source);
    const { policy, touched } = await api
      .transaction(async (trx) => {
        const siblings = await trx
          .selectFrom("route_policies")
          .where("route_guid", "=", route.guid)
          .selectAll()
          .execute();
        const conflict = conflictText(source, siblings);
        if (conflict !== null) throw unprocessable(conflict);
        const row = await trx
          .insertInto("route_policies")
          .values({ ...api.stamp(), ...source, route_guid: route.guid })
          .returningAll()
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "route_policy", row.guid, wanted.metadata, api.config.limits);
        const request = { source: wanted.source, route_guid: route.guid };
        await record(api, trx, "create", row, space, caller, { request });
        return { policy: row, touched: await touchRoute(api, trx, route.guid) };
      })
      .catch((error) => {
        if (!isUniqueViolation(error, "route_policies.")) throw error;
        throw unprocessable(`A route policy with source '${wanted.source}' already exists for this route.`);
      });
    api.hooks.processRoutingChanged(touched);
    return created(await present(api, policy));
  };
}

async function requireEnforcement(api: CcApi, route: Route, source: PolicySource): Promise<void> {
  const domain = await domainOf(api, route);
  if (domain.internal === 1) {
    throw unprocessable(
      "Cannot create route policies for routes on internal domains. Internal routes use container-to-container networking and bypass GoRouter.",
    );
  }
  if (domain.enforce_route_policies !== 1) {
    throw unprocessable(
      `Cannot create route policies for route '${route.guid}': the route's domain does not have enforce_route_policies enabled.`,
    );
  }
  if (domain.route_policies_scope === "space" && source.source_type === "org") {
    throw unprocessable(`Source '${sourceText(source)}' is not allowed: domain's route_policies_scope is 'space'.`);
  }
}

function update(api: CcApi): Handler {
  return async (request) => {
    const { policy, space } = await writablePolicy(api, request);
    const wanted = parseBody(POLICY_UPDATE, request.body);
    const changed = await api.transaction(async (trx) => {
      await changeMetadata(trx, "route_policy", policy.guid, wanted.metadata, api.config.limits);
      await record(api, trx, "update", policy, space, request.caller, { request: request.body });
      return trx
        .updateTable("route_policies")
        .set({ updated_at: api.nowMs() })
        .where("guid", "=", policy.guid)
        .returningAll()
        .executeTakeFirst();
    });
    if (changed === undefined) throw notFound("Route policy");
    return ok(await present(api, changed));
  };
}

function remove(api: CcApi): Handler {
  return async (request) => {
    const { policy, space } = await writablePolicy(api, request);
    const touched = await api.transaction(async (trx) => {
      await deleteMetadata(trx, "route_policy", [policy.guid]);
      await trx.deleteFrom("route_policies").where("guid", "=", policy.guid).execute();
      await record(api, trx, "delete", policy, space, request.caller, {});
      return touchRoute(api, trx, policy.route_guid);
    });
    api.hooks.processRoutingChanged(touched);
    return noContent();
  };
}

/** The policy, when the caller may know of its route; else 404. */
async function visiblePolicy(api: CcApi, access: Access, guid: string): Promise<{ policy: RoutePolicy; space: Space }> {
  const policy = await api.db.selectFrom("route_policies").where("guid", "=", guid).selectAll().executeTakeFirst();
  const route = policy === undefined ? null : await routeOf(api, policy.route_guid);
  if (policy === undefined || route === null) throw notFound("Route policy");
  const space = await spaceOf(api, route);
  if (!access.canReadRoutes(space)) throw notFound("Route policy");
  return { policy, space };
}

async function writablePolicy(
  api: CcApi,
  { params, access }: CcRequest,
): Promise<{ policy: RoutePolicy; space: Space }> {
  const found = await visiblePolicy(api, access, params["guid"]!);
  await requireSpaceWrite(api, access, found.space, access.canWriteSpace(found.space));
  return found;
}

async function routeOf(api: CcApi, guid: string): Promise<Route | null> {
  return (await api.db.selectFrom("routes").where("guid", "=", guid).selectAll().executeTakeFirst()) ?? null;
}

/** The router hears of policies with the routes of the processes behind them. */
async function touchRoute(api: CcApi, trx: CcApi["db"], routeGuid: string): Promise<string[]> {
  const destinations = await trx
    .selectFrom("route_destinations")
    .where("route_guid", "=", routeGuid)
    .select(["app_guid", "process_type"])
    .execute();
  return touchProcesses(trx, destinations, api.nowMs());
}

async function record(
  api: CcApi,
  trx: CcApi["db"],
  action: "create" | "update" | "delete",
  policy: RoutePolicy,
  space: Space,
  caller: Caller,
  data: object,
): Promise<void> {
  await api.event(trx, {
    type: `audit.route_policy.${action}`,
    actor: actorOf(caller),
    target: { guid: policy.guid, type: "route_policy", name: sourceText(policy) },
    organizationGuid: space.organization_guid,
    spaceGuid: space.guid,
    data,
  });
}

async function present(api: CcApi, policy: RoutePolicy): Promise<object> {
  const [document] = await presentRoutePolicies(api, [policy]);
  return document!;
}
