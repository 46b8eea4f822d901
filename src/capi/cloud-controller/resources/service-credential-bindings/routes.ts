import type { z } from "zod";
import { accepted, type CcAnswer, created, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notFound, unprocessable } from "../../errors.ts";
import { parseShowQuery } from "../../list-query.ts";
import { changeMetadata } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { findSpace, requireSpaceWrite } from "../../visible.ts";
import { fetchBinding } from "../service-instances/broker-calls.ts";
import { isCreated, isInProgress, isOperation, lastOperation } from "../service-instances/last-operation.ts";
import { managedInstance } from "../service-instances/managed.ts";
import { readableInstances, type ServiceInstance } from "../service-instances/readable.ts";
import { enqueueBind, enqueueUnbind } from "./binding-jobs.ts";
import { APP_BINDING_CREATE, BINDING_TYPE, BINDING_UPDATE, KEY_BINDING_CREATE } from "./body.ts";
import { bindUserProvided, insertAppBinding, insertKey } from "./create.ts";
import { recordBinding } from "./events.ts";
import { removeBinding } from "./kind.ts";
import { BINDINGS_LIST, listBindings } from "./list.ts";
import { type CredentialBinding, included, presentBindings } from "./present.ts";
import { spaceOfBinding, visibleBinding } from "./readable.ts";
import { bindingJobs } from "./register-jobs.ts";

/** Registers `/v3/service_credential_bindings`. CC: controllers/v3/service_credential_bindings_controller.rb */
export function serviceCredentialBindings(api: CcApi): void {
  const path = "/v3/service_credential_bindings";
  api.get(path, listBindings(api));
  api.post(path, create(api));
  api.get(`${path}/:guid`, async ({ params, query, access }) => {
    const { include } = parseShowQuery({ include: BINDINGS_LIST.include }, query);
    const binding = await visibleBinding(api, access, params["guid"]!);
    return ok({ ...(await present(api, binding)), ...(await included(api, include, [binding])) });
  });
  api.get(`${path}/:guid/details`, details(api));
  api.get(`${path}/:guid/parameters`, parameters(api));
  api.patch(`${path}/:guid`, update(api));
  api.delete(`${path}/:guid`, destroy(api));
  bindingJobs(api);
}

async function present(api: CcApi, binding: CredentialBinding): Promise<object> {
  const [document] = await presentBindings(api, [binding]);
  return document!;
}

function create(api: CcApi): Handler {
  return async (request) => {
    const { body, access } = request;
    const { type } = parseBody(BINDING_TYPE, body);
    const wanted = type === "key" ? parseBody(KEY_BINDING_CREATE, body) : parseBody(APP_BINDING_CREATE, body);
    const instanceGuid = wanted.relationships.service_instance;
    const instance = await readableInstances(api, access)
      .where("service_instances.guid", "=", instanceGuid)
      .executeTakeFirst();
    if (instance === undefined) throw unprocessable(`The service instance could not be found: '${instanceGuid}'`);
    if (instance.type === "user-provided" && "parameters" in (body as object)) {
      throw unprocessable("Binding parameters are not supported for user-provided service instances");
    }
    return wanted.type === "key"
      ? await createKey(api, request, instance, wanted)
      : await createAppBinding(api, request, instance, wanted);
  };
}

async function createAppBinding(
  api: CcApi,
  { body, access, caller }: CcRequest,
  instance: ServiceInstance,
  wanted: z.output<typeof APP_BINDING_CREATE>,
): Promise<CcAnswer> {
  const appGuid = wanted.relationships.app;
  const app = await api.db.selectFrom("apps").where("guid", "=", appGuid).selectAll().executeTakeFirst();
  const space = app === undefined ? null : await findSpace(api, access, app.space_guid);
  if (app === undefined || space === null) throw unprocessable(`The app could not be found: '${appGuid}'`);
  await requireSpaceWrite(api, access, space, access.canManageApps(space));
  const strategy = wanted.strategy ?? "single";
  const row = { instance, app, name: wanted.name ?? null, strategy, metadata: wanted.metadata };
  const actor = actorOf(caller);
  if (instance.type === "user-provided") {
    const binding = await api.transaction((trx) => bindUserProvided(api, trx, row, actor, body as object));
    return created(await present(api, binding));
  }
  const job = await api.transaction(async (trx) => {
    const binding = await insertAppBinding(api, trx, row);
    return await enqueueBind(api, trx, binding, actor, { parameters: wanted.parameters, request: body as object });
  });
  return accepted(job);
}

async function createKey(
  api: CcApi,
  { body, access, caller }: CcRequest,
  instance: ServiceInstance,
  wanted: z.output<typeof KEY_BINDING_CREATE>,
): Promise<CcAnswer> {
  const space = await api.db
    .selectFrom("spaces")
    .where("guid", "=", instance.space_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
  const job = await api.transaction(async (trx) => {
    const binding = await insertKey(api, trx, instance, wanted.name, wanted.metadata);
    const asked = { parameters: wanted.parameters, request: body as object };
    return await enqueueBind(api, trx, binding, actorOf(caller), asked);
  });
  return accepted(job);
}

function update(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    const binding = await visibleBinding(api, access, params["guid"]!);
    const space = await spaceOfBinding(api, binding);
    await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
    if (isOperation(binding, "delete", "initial", "in progress")) {
      throw unprocessable("The service binding is being deleted");
    }
    const wanted = parseBody(BINDING_UPDATE, body);
    await api.transaction(async (trx) => {
      await changeMetadata(trx, "service_credential_binding", binding.guid, wanted.metadata, api.config.limits);
      await recordBinding(api, trx, "update", binding, actorOf(caller), { request: body as object });
    });
    return ok(await present(api, binding));
  };
}

function destroy(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const binding = await visibleBinding(api, access, params["guid"]!);
    const space = await spaceOfBinding(api, binding);
    const allowed = binding.type === "key" ? access.canWriteSpace(space) : access.canManageApps(space);
    await requireSpaceWrite(api, access, space, allowed);
    const job = await api.transaction(async (trx) => {
      const managed = await managedInstance(trx, binding.service_instance_guid);
      if (managed !== null) return await enqueueUnbind(api, trx, binding, actorOf(caller));
      await recordBinding(api, trx, "delete", binding, actorOf(caller));
      await removeBinding(api, trx, binding);
      return null;
    });
    return job === null ? noContent() : accepted(job);
  };
}

/** CC: presenters/v3/service_credential_binding_details_presenter.rb */
function details(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const binding = await visibleBinding(api, access, params["guid"]!);
    if (!access.canReadSecrets(await spaceOfBinding(api, binding))) throw notFound("Service credential binding");
    requireCreated(binding);
    await recordBinding(api, api.db, "show", binding, actorOf(caller), {
      request: {
        service_instance_guid: binding.service_instance_guid,
        ...(binding.app_guid === null ? {} : { app_guid: binding.app_guid }),
      },
    });
    const mounts = JSON.parse(binding.volume_mounts) as object[];
    return ok({
      credentials: JSON.parse(binding.credentials) as object,
      ...(binding.syslog_drain_url === null ? {} : { syslog_drain_url: binding.syslog_drain_url }),
      ...(mounts.length === 0 ? {} : { volume_mounts: mounts }),
    });
  };
}

function parameters(api: CcApi): Handler {
  return async ({ params, access, signal }) => {
    const binding = await visibleBinding(api, access, params["guid"]!);
    requireCreated(binding);
    const managed = await managedInstance(api.db, binding.service_instance_guid);
    if (managed === null || managed.offering.bindings_retrievable === 0) {
      throw new CcError("ServiceFetchBindingParametersNotSupported");
    }
    if (isInProgress(binding)) {
      throw new CcError("AsyncServiceBindingOperationInProgress", ["", managed.instance.name]);
    }
    const fetched = await fetchBinding(api, managed, binding, null, signal);
    return ok(fetched.parameters ?? {});
  };
}

/** 404 while there is nothing to show yet. */
function requireCreated(binding: CredentialBinding): void {
  if (isCreated(binding)) return;
  const { type, state } = lastOperation(binding)!;
  throw new CcError("ResourceNotFound", [
    `${type === "create" ? "Creation" : "Deletion"} of service ${binding.type === "key" ? "key" : "binding"} ${state}`,
  ]);
}
