import { accepted, created, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { notFound, unprocessable } from "../../errors.ts";
import { parseShowQuery } from "../../list-query.ts";
import { changeMetadata } from "../../metadata.ts";
import { requireSpaceWrite, visibleSpace } from "../../visible.ts";
import { unbindRoute } from "../service-route-bindings/unbind-routes.ts";
import { parseRouteCreate, parseRouteUpdate } from "./body.ts";
import { insertRoute } from "./create.ts";
import { deleteRoutes } from "./delete.ts";
import { destinationRoutes } from "./destination-routes.ts";
import { included, listRoutes, ROUTES_LIST } from "./list.ts";
import { storedOptions } from "./options.ts";
import { presentRoutes, type Route } from "./present.ts";
import { routeReservations } from "./reservations.ts";
import { routeSharing } from "./share.ts";
import { touchProcesses } from "./touch-processes.ts";
import { visibleRoute, writableRoute } from "./visible-route.ts";

/** Registers `/v3/routes`. CC: controllers/v3/routes_controller.rb */
export function routes(api: CcApi): void {
  api.get("/v3/routes", async (request) => ok(await listRoutes(api, request)));
  api.post("/v3/routes", create(api));
  api.get("/v3/routes/:guid", async ({ params, query, access }) => {
    const { include } = parseShowQuery({ include: ROUTES_LIST.include }, query);
    const route = await visibleRoute(api, access, params["guid"]!);
    return ok({ ...(await present(api, route)), ...(await included(api, access, include, [route])) });
  });
  api.patch("/v3/routes/:guid", update(api));
  api.delete("/v3/routes/:guid", async (request) => {
    const route = await writableRoute(api, request);
    const actor = actorOf(request.caller);
    return accepted(
      await api.enqueue({ operation: "route.delete", resourceType: "route", resourceGuid: route.guid, actor }),
    );
  });
  api.job("route.delete", async (job) => {
    const { resourceGuid, actor } = job;
    const waits = await unbindRoute(api, job, resourceGuid);
    if (waits !== null) return waits;
    api.hooks.processRoutingChanged(await api.transaction((trx) => deleteRoutes(api, trx, [resourceGuid], actor)));
    return undefined;
  });
  api.get("/v3/apps/:guid/routes", async (request) => {
    const app = await api.db
      .selectFrom("apps")
      .innerJoin("spaces", "spaces.guid", "apps.space_guid")
      .where("apps.guid", "=", request.params["guid"]!)
      .select(["apps.guid as appGuid", "spaces.guid", "spaces.organization_guid"])
      .executeTakeFirst();
    if (app === undefined || !request.access.canReadSpace(app)) throw notFound("App");
    return ok(await listRoutes(api, request, app.appGuid));
  });
  api.delete("/v3/spaces/:guid/routes", deleteUnmapped(api));
  api.job("space.delete_unmapped_routes", async ({ resourceGuid, actor }) => {
    await api.transaction(async (trx) => {
      const unmapped = await trx
        .selectFrom("routes")
        .where("space_guid", "=", resourceGuid)
        .where("guid", "not in", trx.selectFrom("route_destinations").select("route_guid"))
        .where("guid", "not in", trx.selectFrom("service_route_bindings").select("route_guid"))
        .select("guid")
        .execute();
      await deleteRoutes(
        api,
        trx,
        unmapped.map(({ guid }) => guid),
        actor,
      );
    });
    return undefined;
  });
  destinationRoutes(api);
  routeSharing(api);
  routeReservations(api);
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    if (!access.admin) await api.featureFlags.require("route_creation", access);
    const wanted = parseRouteCreate(body, await api.featureFlags.enabled("hash_based_routing", access));
    const { space: spaceGuid, domain: domainGuid } = wanted.relationships;
    const space = await api.db.selectFrom("spaces").where("guid", "=", spaceGuid).selectAll().executeTakeFirst();
    const domain = await api.db.selectFrom("domains").where("guid", "=", domainGuid).selectAll().executeTakeFirst();
    if (space === undefined)
      throw unprocessable("Invalid space. Ensure that the space exists and you have access to it.");
    if (domain === undefined)
      throw unprocessable("Invalid domain. Ensure that the domain exists and you have access to it.");
    await requireSpaceWrite(api, access, space, access.canManageApps(space));
    if (domain.owning_organization_guid === null && wanted.host === "*" && !access.admin) {
      throw unprocessable(
        "You do not have sufficient permissions to create a route with a wildcard host on a domain not scoped to an organization.",
      );
    }
    const route = await api.transaction((trx) =>
      insertRoute(
        api,
        trx,
        {
          host: wanted.host ?? "",
          path: wanted.path ?? "",
          port: wanted.port ?? null,
          space,
          domain,
          options: wanted.options,
          metadata: wanted.metadata,
        },
        actorOf(caller),
        body as object,
      ),
    );
    return created(await present(api, route));
  };
}

function update(api: CcApi): Handler {
  return async (request) => {
    const hashing = await api.featureFlags.enabled("hash_based_routing", request.access);
    const wanted = parseRouteUpdate(request.body, hashing);
    const route = await writableRoute(api, request);
    const options =
      wanted.options === undefined
        ? route.options
        : JSON.stringify(storedOptions({ ...(JSON.parse(route.options) as object), ...wanted.options }));
    const { row, processes } = await api.transaction(async (trx) => {
      const changed = await trx
        .updateTable("routes")
        .set({ options, updated_at: api.nowMs() })
        .where("guid", "=", route.guid)
        .returningAll()
        .executeTakeFirstOrThrow();
      await changeMetadata(trx, "route", route.guid, wanted.metadata, api.config.limits);
      const destinations =
        options === route.options
          ? []
          : await trx.selectFrom("route_destinations").where("route_guid", "=", route.guid).selectAll().execute();
      return { row: changed, processes: await touchProcesses(trx, destinations, api.nowMs()) };
    });
    api.hooks.processRoutingChanged(processes);
    return ok(await present(api, row));
  };
}

function deleteUnmapped(api: CcApi): Handler {
  return async ({ params, query, access, caller }) => {
    const { unmapped } = query;
    if (unmapped === undefined) {
      throw unprocessable(
        "Unmapped can't be blank, Mass delete not supported for routes. Use 'unmapped=true' parameter to delete all unmapped routes., Unmapped must be a boolean",
      );
    }
    if (unmapped !== "true" && unmapped !== "false") throw unprocessable("Unmapped must be a boolean");
    if (unmapped === "false") {
      throw unprocessable(
        "Mass delete not supported for mapped routes. Use 'unmapped=true' parameter to delete all unmapped routes.",
      );
    }
    const space = await visibleSpace(api, access, params["guid"]!);
    await requireSpaceWrite(api, access, space, access.canManageApps(space));
    const job = await api.enqueue({
      operation: "space.delete_unmapped_routes",
      resourceType: "space",
      resourceGuid: space.guid,
      actor: actorOf(caller),
    });
    return accepted(job);
  };
}

async function present(api: CcApi, route: Route): Promise<object> {
  const [document] = await presentRoutes(api, [route]);
  return document!;
}
