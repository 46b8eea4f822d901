import type { Selectable } from "kysely";
import { type Access, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery, parseShowQuery } from "../../list-query.ts";
import { metadataOf } from "../../metadata.ts";
import type { ServiceRouteBindingsTable } from "../../store/schema.ts";
import { presentRoutes } from "../routes/present.ts";
import { includedInstances } from "../service-instances/present.ts";

type RouteBinding = Selectable<ServiceRouteBindingsTable>;

/** CC: messages/service_route_bindings_list_message.rb */
const BINDINGS_LIST = {
  filters: { service_instance_guids: "list", service_instance_names: "list", route_guids: "list" },
  include: ["route", "service_instance"],
  labelSelector: true,
} as const satisfies ListSpec;

/** Registers the reading of `/v3/service_route_bindings`. CC: controllers/v3/service_route_bindings_controller.rb */
export function serviceRouteBindings(api: CcApi): void {
  api.get("/v3/service_route_bindings", async ({ query, access, path }) => {
    const list = parseListQuery(BINDINGS_LIST, query);
    let rows = readable(api, access);
    const instanceGuids = list.list("service_instance_guids");
    if (instanceGuids !== null) rows = rows.where("service_route_bindings.service_instance_guid", "in", instanceGuids);
    const routeGuids = list.list("route_guids");
    if (routeGuids !== null) rows = rows.where("service_route_bindings.route_guid", "in", routeGuids);
    const names = list.list("service_instance_names");
    if (names !== null) {
      const named = api.db
        .selectFrom("service_instances")
        .where("service_instances.name", "in", names)
        .select("service_instances.guid");
      rows = rows.where("service_route_bindings.service_instance_guid", "in", named);
    }
    const page = await readPage(rows, "service_route_bindings", list, { owner: "service_route_binding" });
    const document = presentPage(api.links, path, list, page.total, await present(api, page.rows));
    return ok({ ...document, ...(await included(api, list.include, page.rows)) });
  });
  api.get("/v3/service_route_bindings/:guid", async ({ params, query, access }) => {
    const { include } = parseShowQuery({ include: BINDINGS_LIST.include }, query);
    const binding = await readable(api, access)
      .where("service_route_bindings.guid", "=", params["guid"]!)
      .executeTakeFirst();
    if (binding === undefined) throw notFound("Service route binding");
    const [document] = await present(api, [binding]);
    return ok({ ...document!, ...(await included(api, include, [binding])) });
  });
}

function readable(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("service_route_bindings").selectAll("service_route_bindings");
  if (access.readsAll) return rows;
  const routes = api.db
    .selectFrom("routes")
    .where("routes.space_guid", "in", spaceGuidsWith(api.db, access, SPACE_READERS))
    .select("routes.guid");
  return rows.where("service_route_bindings.route_guid", "in", routes);
}

async function included(api: CcApi, include: readonly string[], rows: readonly RouteBinding[]): Promise<object> {
  if (include.length === 0) return {};
  const routeGuids = rows.map((row) => row.route_guid);
  const routes =
    include.includes("route") && routeGuids.length > 0
      ? await api.db
          .selectFrom("routes")
          .where("guid", "in", routeGuids)
          .orderBy("created_at")
          .orderBy("guid")
          .selectAll()
          .execute()
      : [];
  return {
    included: {
      ...(include.includes("route") ? { routes: await presentRoutes(api, routes) } : {}),
      ...(include.includes("service_instance")
        ? {
            service_instances: await includedInstances(
              api,
              rows.map((row) => row.service_instance_guid),
            ),
          }
        : {}),
    },
  };
}

/** CC: presenters/v3/service_route_binding_presenter.rb */
async function present(api: CcApi, bindings: readonly RouteBinding[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "service_route_binding",
    bindings.map(({ guid }) => guid),
  );
  return bindings.map((binding) => ({
    guid: binding.guid,
    route_service_url: binding.route_service_url,
    created_at: presentTime(binding.created_at),
    updated_at: presentTime(binding.updated_at),
    last_operation: JSON.parse(binding.last_operation) as object,
    metadata: metadata(binding.guid),
    relationships: {
      service_instance: { data: { guid: binding.service_instance_guid } },
      route: { data: { guid: binding.route_guid } },
    },
    links: {
      self: api.links.to(`/v3/service_route_bindings/${binding.guid}`),
      service_instance: api.links.to(`/v3/service_instances/${binding.service_instance_guid}`),
      route: api.links.to(`/v3/routes/${binding.route_guid}`),
    },
  }));
}
