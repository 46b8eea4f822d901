import type { Selectable } from "kysely";
import { type Access, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import { accepted, created, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery, parseShowQuery } from "../../list-query.ts";
import { changeMetadata } from "../../metadata.ts";
import type { RoutesTable } from "../../store/schema.ts";
import { parseBody } from "../../validation.ts";
import { findSpace, requireSpaceWrite, type Space } from "../../visible.ts";
import { enqueueBind, enqueueUnbind } from "../service-credential-bindings/binding-jobs.ts";
import { recordBinding } from "../service-credential-bindings/events.ts";
import { completeBinding, removeBinding } from "../service-credential-bindings/kind.ts";
import { fetchBinding } from "../service-instances/broker-calls.ts";
import { isCreated, isInProgress, isOperation, lastOperation, operation } from "../service-instances/last-operation.ts";
import { managedInstance } from "../service-instances/managed.ts";
import type { ServiceInstance } from "../service-instances/readable.ts";
import { ROUTE_BINDING_CREATE, ROUTE_BINDING_UPDATE } from "./body.ts";
import { insertRouteBinding, type RouteBinding } from "./create.ts";
import { includedOf, presentRouteBindings } from "./present.ts";

/** CC: messages/service_route_bindings_list_message.rb */
const BINDINGS_LIST = {
  filters: { service_instance_guids: "list", service_instance_names: "list", route_guids: "list" },
  include: ["route", "service_instance"],
  labelSelector: true,
} as const satisfies ListSpec;

/** Registers `/v3/service_route_bindings`. CC: controllers/v3/service_route_bindings_controller.rb */
export function serviceRouteBindings(api: CcApi): void {
  const path = "/v3/service_route_bindings";
  api.get(path, index(api));
  api.post(path, create(api));
  api.get(`${path}/:guid`, async ({ params, query, access }) => {
    const { include } = parseShowQuery({ include: BINDINGS_LIST.include }, query);
    const { binding } = await visible(api, access, params["guid"]!);
    return ok({ ...(await present(api, binding)), ...(await includedOf(api, include, [binding])) });
  });
  api.patch(`${path}/:guid`, update(api));
  api.delete(`${path}/:guid`, destroy(api));
  api.get(`${path}/:guid/parameters`, parameters(api));
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
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
    const document = presentPage(api.links, path, list, page.total, await presentRouteBindings(api, page.rows));
    return ok({ ...document, ...(await includedOf(api, list.include, page.rows)) });
  };
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

async function visible(api: CcApi, access: Access, guid: string): Promise<{ binding: RouteBinding; space: Space }> {
  const binding = await readable(api, access).where("service_route_bindings.guid", "=", guid).executeTakeFirst();
  if (binding === undefined) throw notFound("Service route binding");
  const space = await api.db
    .selectFrom("spaces")
    .where("guid", "in", api.db.selectFrom("routes").where("guid", "=", binding.route_guid).select("space_guid"))
    .selectAll()
    .executeTakeFirstOrThrow();
  return { binding, space };
}

async function present(api: CcApi, binding: RouteBinding): Promise<object> {
  const [document] = await presentRouteBindings(api, [binding]);
  return document!;
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    const wanted = parseBody(ROUTE_BINDING_CREATE, body);
    const instance = await boundInstance(api, access, wanted.relationships.service_instance);
    const route = await boundRoute(api, access, wanted.relationships.route);
    const isManaged = instance.type === "managed";
    if (!isManaged && "parameters" in (body as object)) {
      throw unprocessable("Binding parameters are not supported for user-provided service instances");
    }
    const actor = actorOf(caller);
    const asked = { parameters: wanted.parameters, request: body as object };
    if (isManaged) {
      const job = await api.transaction(async (trx) => {
        const binding = await insertRouteBinding(api, trx, instance, route, wanted.metadata);
        return await enqueueBind(api, trx, binding, actor, asked);
      });
      return accepted(job);
    }
    const { guid, routed } = await api.transaction(async (trx) => {
      const binding = await insertRouteBinding(api, trx, instance, route, wanted.metadata);
      const details = { routeServiceUrl: instance.route_service_url };
      const done = operation("create", "succeeded", api.nowMs());
      const routed = await completeBinding(api, trx, binding, details, done);
      await recordBinding(api, trx, "create", binding, actor, { request: body as object });
      return { guid: binding.guid, routed };
    });
    api.hooks.processRoutingChanged(routed);
    const { binding } = await visible(api, access, guid);
    return created(await present(api, binding));
  };
}

/** Not through a share: route services stay in their space. */
async function boundInstance(api: CcApi, access: Access, guid: string): Promise<ServiceInstance> {
  const instance = await api.db.selectFrom("service_instances").where("guid", "=", guid).selectAll().executeTakeFirst();
  const space = instance === undefined ? null : await findSpace(api, access, instance.space_guid);
  if (instance === undefined || space === null) {
    throw unprocessable(`The service instance could not be found: ${guid}`);
  }
  await requireSpaceWrite(api, access, space, access.canManageApps(space));
  return instance;
}

async function boundRoute(api: CcApi, access: Access, guid: string): Promise<Selectable<RoutesTable>> {
  const route = await api.db.selectFrom("routes").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (route === undefined || (await findSpace(api, access, route.space_guid)) === null) {
    throw unprocessable(`The route could not be found: ${guid}`);
  }
  return route;
}

function update(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    const { binding, space } = await visible(api, access, params["guid"]!);
    await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
    if (isOperation(binding, "delete", "initial", "in progress")) {
      throw unprocessable("The service route binding is being deleted");
    }
    const wanted = parseBody(ROUTE_BINDING_UPDATE, body);
    await api.transaction(async (trx) => {
      await changeMetadata(trx, "service_route_binding", binding.guid, wanted.metadata, api.config.limits);
      await recordBinding(api, trx, "update", binding, actorOf(caller), { request: body as object });
    });
    return ok(await present(api, binding));
  };
}

function destroy(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const { binding, space } = await visible(api, access, params["guid"]!);
    await requireSpaceWrite(api, access, space, access.canManageApps(space));
    const { job, routed } = await api.transaction(async (trx) => {
      const managed = await managedInstance(trx, binding.service_instance_guid);
      if (managed !== null) return { job: await enqueueUnbind(api, trx, binding, actorOf(caller)), routed: [] };
      await recordBinding(api, trx, "delete", binding, actorOf(caller));
      return { job: null, routed: await removeBinding(api, trx, binding) };
    });
    api.hooks.processRoutingChanged(routed);
    return job === null ? noContent() : accepted(job);
  };
}

function parameters(api: CcApi): Handler {
  return async ({ params, access, signal }) => {
    const { binding, space } = await visible(api, access, params["guid"]!);
    if (!isCreated(binding)) {
      const { type, state } = lastOperation(binding)!;
      const what = type === "create" ? "Creation" : "Deletion";
      throw new CcError("ResourceNotFound", [`${what} of route binding ${state}`]);
    }
    await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
    const managed = await managedInstance(api.db, binding.service_instance_guid);
    if (managed === null || managed.offering.bindings_retrievable === 0) {
      const who = managed === null ? "user provided service instances do" : "this service does";
      throw new CcError("BadRequest", [`${who} not support fetching route bindings parameters.`]);
    }
    if (isInProgress(binding)) throw new CcError("AsyncServiceBindingOperationInProgress", ["", managed.instance.name]);
    return ok((await fetchBinding(api, managed, binding, null, signal)).parameters ?? {});
  };
}
