import { created, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { parseShowQuery } from "../../list-query.ts";
import { parseBody } from "../../validation.ts";
import { findSpace, requireSpaceWrite } from "../../visible.ts";
import { INSTANCE_TYPE, MANAGED_CREATE, USER_PROVIDED_CREATE, USER_PROVIDED_UPDATE } from "./body.ts";
import { deprovisionWork } from "./delete-job.ts";
import { recordInstance } from "./events.ts";
import { includedFields, SHOW_FIELDS } from "./fields.ts";
import { listInstances } from "./list.ts";
import { brokerParameters, createManaged, deleteManaged, purge, updateManaged } from "./managed-routes.ts";
import { presentInstance } from "./present.ts";
import { provisionWork } from "./provision-job.ts";
import { readableInstances, spaceOfInstance, visibleInstance, writableInstance } from "./readable.ts";
import { serviceInstanceSharing } from "./share.ts";
import { updateWork } from "./update-job.ts";
import { createUserProvided, deleteUserProvided, updateUserProvided } from "./user-provided.ts";

/** Registers `/v3/service_instances`. CC: controllers/v3/service_instances_controller.rb */
export function serviceInstances(api: CcApi): void {
  const path = "/v3/service_instances";
  api.get(path, listInstances(api));
  api.post(path, create(api));
  api.get(`${path}/:guid`, async ({ params, query, access }) => {
    const instance = await visibleInstance(api, access, params["guid"]!);
    const { fields } = parseShowQuery({ fields: SHOW_FIELDS }, query);
    return ok({
      ...(await presentInstance(api, instance)),
      ...(await includedFields(api, access, fields, [instance])),
    });
  });
  api.patch(`${path}/:guid`, update(api));
  api.delete(`${path}/:guid`, destroy(api));
  api.get(`${path}/:guid/credentials`, credentials(api));
  api.get(`${path}/:guid/parameters`, brokerParameters(api));
  api.get(`${path}/:guid/permissions`, permissions(api), { scoped: false });
  serviceInstanceSharing(api);
  api.job("service_instance.create", provisionWork(api));
  api.job("service_instance.update", updateWork(api));
  api.job("service_instance.delete", deprovisionWork(api));
}

function create(api: CcApi): Handler {
  return async (request) => {
    const { body, access, caller } = request;
    if (!access.admin) await api.featureFlags.require("service_instance_creation", access);
    const { type } = parseBody(INSTANCE_TYPE, body);
    const wanted = type === "managed" ? parseBody(MANAGED_CREATE, body) : parseBody(USER_PROVIDED_CREATE, body);
    const space = await findSpace(api, access, wanted.relationships.space);
    if (space === null) throw unprocessable("Invalid space. Ensure that the space exists and you have access to it.");
    await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
    if (wanted.type === "managed") return await createManaged(api, request, space, wanted);
    const instance = await createUserProvided(api, space, wanted, actorOf(caller), body as object);
    return created(await presentInstance(api, instance));
  };
}

function update(api: CcApi): Handler {
  return async (request) => {
    const { instance, space } = await writableInstance(api, request);
    if (instance.type === "managed") return await updateManaged(api, request, instance, space);
    const wanted = parseBody(USER_PROVIDED_UPDATE, request.body);
    const actor = actorOf(request.caller);
    const changed = await updateUserProvided(api, instance, wanted, actor, request.body as object);
    return ok(await presentInstance(api, changed));
  };
}

function destroy(api: CcApi): Handler {
  return async (request) => {
    const { instance } = await writableInstance(api, request);
    if (request.query["purge"] === "true") return await purge(api, request, instance);
    if (instance.type === "managed") return await deleteManaged(api, request, instance);
    const actor = actorOf(request.caller);
    api.hooks.processRoutingChanged(await api.transaction((trx) => deleteUserProvided(api, trx, instance, actor)));
    return noContent();
  };
}

function credentials(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const instance = await visibleInstance(api, access, params["guid"]!);
    if (instance.type !== "user-provided") throw notFound("Service instance");
    const space = await spaceOfInstance(api, instance);
    if (!access.canReadSecrets(space)) throw notAuthorized();
    await recordInstance(api, api.db, "show", instance, actorOf(caller), { request: null });
    return ok(JSON.parse(instance.credentials) as object);
  };
}

function permissions(api: CcApi): Handler {
  return async ({ params, access }) => {
    const reads = ["cloud_controller.read", "cloud_controller_service_permissions.read"];
    if (!access.readsAll && !reads.some((scope) => access.hasScope(scope))) throw notAuthorized();
    const instance = await api.db
      .selectFrom("service_instances")
      .where("guid", "=", params["guid"]!)
      .selectAll()
      .executeTakeFirst();
    if (instance === undefined) throw notFound("Service instance");
    const space = await spaceOfInstance(api, instance);
    const seen = await readableInstances(api, access)
      .where("service_instances.guid", "=", instance.guid)
      .executeTakeFirst();
    const manage = await requireSpaceWrite(api, access, space, access.canWriteSpace(space)).then(
      () => true,
      () => false,
    );
    return ok({ manage, read: seen !== undefined });
  };
}
