import { type Access, ROUTE_READERS, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListQuery, type ListSpec, parseListQuery } from "../../list-query.ts";
import { includedDomains } from "../domains/present.ts";
import { includedOrganizations } from "../organizations/present.ts";
import { includedRoutePolicies } from "../route-policies/present.ts";
import { includedSpaces, readableSpaces } from "../spaces/present.ts";
import { presentRoutes, type Route } from "./present.ts";

/** CC: messages/routes_list_message.rb */
export const ROUTES_LIST = {
  filters: {
    hosts: "list",
    space_guids: "list",
    organization_guids: "list",
    domain_guids: "list",
    paths: "list",
    app_guids: "list",
    ports: "list",
    service_instance_guids: "list",
  },
  labelSelector: true,
  include: ["domain", "space", "space.organization", "route_policies"],
} as const satisfies ListSpec;

/** More shared routes are looked up by the database where they are asked for. */
const SHARED_NAMED_MAX = 100;

/** Answers the list; with `appGuid` only routes of that app. */
export async function listRoutes(
  api: CcApi,
  { query, access, path }: Pick<CcRequest, "query" | "access" | "path">,
  appGuid: string | null = null,
): Promise<object> {
  const list = parseListQuery(ROUTES_LIST, query);
  let rows = filtered(api, list);
  if (!access.readsAll) {
    const spaces = spaceGuidsWith(api.db, access, appGuid === null ? ROUTE_READERS : SPACE_READERS);
    // Few routes are shared, and a list without an "or" is found by indexes.
    const shared = await sharedInto(api)
      .where("route_shares.space_guid", "in", spaces)
      .limit(SHARED_NAMED_MAX)
      .execute();
    const guids = shared.map(({ route_guid: guid }) => guid);
    const within =
      guids.length < SHARED_NAMED_MAX ? guids : sharedInto(api).where("route_shares.space_guid", "in", spaces);
    rows =
      guids.length === 0
        ? rows.where("routes.space_guid", "in", spaces)
        : rows.where((eb) => eb.or([eb("routes.space_guid", "in", spaces), eb("routes.guid", "in", within)]));
  }
  if (appGuid !== null) rows = rows.where("routes.guid", "in", routesOfApps(api, [appGuid]));
  const page = await readPage(rows, "routes", list, { owner: "route" });
  const document = presentPage(api.links, path, list, page.total, await presentRoutes(api, page.rows));
  return { ...document, ...(await included(api, access, list.include, page.rows)) };
}

function sharedInto(api: CcApi) {
  return api.db.selectFrom("route_shares").select("route_shares.route_guid");
}

function routesOfApps(api: CcApi, appGuids: readonly string[]) {
  return api.db
    .selectFrom("route_destinations")
    .where("route_destinations.app_guid", "in", appGuids)
    .select("route_destinations.route_guid");
}

function filtered(api: CcApi, list: ListQuery) {
  let rows = api.db.selectFrom("routes").selectAll("routes");
  const hosts = list.list("hosts");
  if (hosts !== null) rows = rows.where("routes.host", "in", hosts);
  const paths = list.list("paths");
  if (paths !== null) rows = rows.where("routes.path", "in", paths);
  const ports = list.list("ports");
  if (ports !== null) rows = rows.where("routes.port", "in", ports.map(Number).filter(Number.isSafeInteger));
  const domainGuids = list.list("domain_guids");
  if (domainGuids !== null) rows = rows.where("routes.domain_guid", "in", domainGuids);
  const organizationGuids = list.list("organization_guids");
  if (organizationGuids !== null) {
    const spaces = api.db
      .selectFrom("spaces")
      .where("spaces.organization_guid", "in", organizationGuids)
      .select("spaces.guid");
    rows = rows.where("routes.space_guid", "in", spaces);
  }
  const spaceGuids = list.list("space_guids");
  if (spaceGuids !== null) {
    const shared = sharedInto(api).where("route_shares.space_guid", "in", spaceGuids);
    rows = rows.where((eb) => eb.or([eb("routes.space_guid", "in", spaceGuids), eb("routes.guid", "in", shared)]));
  }
  const appGuids = list.list("app_guids");
  if (appGuids !== null) rows = rows.where("routes.guid", "in", routesOfApps(api, appGuids));
  const instanceGuids = list.list("service_instance_guids");
  if (instanceGuids !== null) {
    const bound = api.db
      .selectFrom("service_route_bindings")
      .where("service_route_bindings.service_instance_guid", "in", instanceGuids)
      .select("service_route_bindings.route_guid");
    rows = rows.where("routes.guid", "in", bound);
  }
  return rows;
}

/** `included` of routes; nothing when nothing was asked for. */
export async function included(
  api: CcApi,
  access: Access,
  include: readonly string[],
  routes: readonly Route[],
): Promise<object> {
  if (include.length === 0) return {};
  const spaceGuids = routes.map((route) => route.space_guid);
  const parts: Record<string, object[]> = {};
  if (include.includes("domain")) {
    parts["domains"] = await includedDomains(
      api,
      access,
      routes.map((route) => route.domain_guid),
    );
  }
  // Auditors of an organization see routes without their spaces, and so does whoever a route is shared with.
  if (include.includes("space") || include.includes("space.organization")) {
    parts["spaces"] = await includedSpaces(api, await readableSpaces(api, access, spaceGuids));
  }
  if (include.includes("space.organization")) {
    const spaces =
      spaceGuids.length === 0
        ? []
        : await api.db
            .selectFrom("spaces")
            .where("guid", "in", [...new Set(spaceGuids)])
            .select("organization_guid")
            .execute();
    parts["organizations"] = await includedOrganizations(
      api,
      spaces.map((space) => space.organization_guid),
    );
  }
  if (include.includes("route_policies")) {
    parts["route_policies"] = await includedRoutePolicies(
      api,
      routes.map(({ guid }) => guid),
    );
  }
  return { included: parts };
}
