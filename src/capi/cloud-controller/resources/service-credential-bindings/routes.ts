import { type Access, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import { created, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListQuery, type ListSpec, parseListQuery, parseShowQuery } from "../../list-query.ts";
import { changeMetadata } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { findSpace, requireSpaceWrite, type Space } from "../../visible.ts";
import { readableInstances, type ServiceInstance } from "../service-instances/readable.ts";
import { APP_BINDING_CREATE, BINDING_TYPE, BINDING_UPDATE, KEY_BINDING_CREATE } from "./body.ts";
import { bindUserProvided, recordBinding, unbind } from "./create.ts";
import { type CredentialBinding, included, presentBindings } from "./present.ts";

/** CC: messages/service_credential_binding_list_message.rb */
const BINDINGS_LIST = {
  filters: {
    names: "list",
    service_instance_guids: "list",
    service_instance_names: "list",
    service_plan_names: "list",
    service_plan_guids: "list",
    service_offering_names: "list",
    service_offering_guids: "list",
    app_guids: "list",
    app_names: "list",
    type: "text",
  },
  include: ["app", "service_instance"],
  orderBy: ["name"],
  labelSelector: true,
  check: (list: ListQuery) => {
    const type = list.text("type");
    return type === null || type === "app" || type === "key" ? [] : ["Type must be one of 'app', 'key'"];
  },
} as const satisfies ListSpec;

/** Registers `/v3/service_credential_bindings`. CC: controllers/v3/service_credential_bindings_controller.rb */
export function serviceCredentialBindings(api: CcApi): void {
  const path = "/v3/service_credential_bindings";
  api.get(path, async ({ query, access, path: requested }) => {
    const list = parseListQuery(BINDINGS_LIST, query);
    const page = await readPage(filtered(api, access, list), "service_credential_bindings", list, {
      owner: "service_credential_binding",
    });
    const document = presentPage(api.links, requested, list, page.total, await presentBindings(api, page.rows));
    return ok({ ...document, ...(await included(api, list.include, page.rows)) });
  });
  api.post(path, create(api));
  api.get(`${path}/:guid`, async ({ params, query, access }) => {
    const { include } = parseShowQuery({ include: BINDINGS_LIST.include }, query);
    const binding = await visibleBinding(api, access, params["guid"]!);
    return ok({ ...(await present(api, binding)), ...(await included(api, include, [binding])) });
  });
  api.get(`${path}/:guid/details`, details(api));
  api.get(`${path}/:guid/parameters`, async ({ params, access }) => {
    await visibleBinding(api, access, params["guid"]!);
    throw new CcError("ServiceFetchBindingParametersNotSupported");
  });
  api.patch(`${path}/:guid`, update(api));
  api.delete(`${path}/:guid`, async (request) => {
    const binding = await visibleBinding(api, request.access, request.params["guid"]!);
    const space = await spaceOf(api, binding);
    const { access } = request;
    const allowed = binding.type === "key" ? access.canWriteSpace(space) : access.canManageApps(space);
    await requireSpaceWrite(api, access, space, allowed);
    await api.transaction((trx) => unbind(api, trx, binding, actorOf(request.caller)));
    return noContent();
  });
}

/** Keys belong to their instance's space, app bindings to their app's. */
function readable(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("service_credential_bindings").selectAll("service_credential_bindings");
  if (access.readsAll) return rows;
  const spaces = spaceGuidsWith(api.db, access, SPACE_READERS);
  return rows.where((eb) =>
    eb.or([
      eb(
        "service_credential_bindings.app_guid",
        "in",
        eb.selectFrom("apps").where("apps.space_guid", "in", spaces).select("apps.guid"),
      ),
      eb.and([
        eb("service_credential_bindings.app_guid", "is", null),
        eb(
          "service_credential_bindings.service_instance_guid",
          "in",
          eb
            .selectFrom("service_instances")
            .where("service_instances.space_guid", "in", spaces)
            .select("service_instances.guid"),
        ),
      ]),
    ]),
  );
}

async function visibleBinding(api: CcApi, access: Access, guid: string): Promise<CredentialBinding> {
  const binding = await readable(api, access).where("service_credential_bindings.guid", "=", guid).executeTakeFirst();
  if (binding === undefined) throw notFound("Service credential binding");
  return binding;
}

async function spaceOf(api: CcApi, binding: CredentialBinding): Promise<Space> {
  const owner =
    binding.app_guid === null
      ? await api.db
          .selectFrom("service_instances")
          .where("guid", "=", binding.service_instance_guid)
          .select("space_guid")
          .executeTakeFirstOrThrow()
      : await api.db
          .selectFrom("apps")
          .where("guid", "=", binding.app_guid)
          .select("space_guid")
          .executeTakeFirstOrThrow();
  return api.db.selectFrom("spaces").where("guid", "=", owner.space_guid).selectAll().executeTakeFirstOrThrow();
}

function filtered(api: CcApi, access: Access, list: ListQuery) {
  let rows = readable(api, access);
  const type = list.text("type");
  if (type !== null) rows = rows.where("service_credential_bindings.type", "=", type as CredentialBinding["type"]);
  for (const [filter, column] of [
    ["names", "service_credential_bindings.name"],
    ["service_instance_guids", "service_credential_bindings.service_instance_guid"],
    ["app_guids", "service_credential_bindings.app_guid"],
  ] as const) {
    const values = list.list(filter);
    if (values !== null) rows = rows.where(column, "in", values);
  }
  const appNames = list.list("app_names");
  if (appNames !== null) {
    const apps = api.db.selectFrom("apps").where("apps.name", "in", appNames).select("apps.guid");
    rows = rows.where("service_credential_bindings.app_guid", "in", apps);
  }
  const instances = instancesWith(api, list);
  return instances === null ? rows : rows.where("service_credential_bindings.service_instance_guid", "in", instances);
}

/** Instances by their own name, plan or offering; null when none of these was asked for. */
function instancesWith(api: CcApi, list: ListQuery) {
  const wanted = [
    ["service_instance_names", "instance.name"],
    ["service_plan_names", "plan.name"],
    ["service_plan_guids", "plan.guid"],
    ["service_offering_names", "offering.name"],
    ["service_offering_guids", "offering.guid"],
  ] as const;
  if (wanted.every(([filter]) => list.list(filter) === null)) return null;
  let rows = api.db
    .selectFrom("service_instances as instance")
    .leftJoin("service_plans as plan", "plan.guid", "instance.service_plan_guid")
    .leftJoin("service_offerings as offering", "offering.guid", "plan.service_offering_guid")
    .select("instance.guid");
  for (const [filter, column] of wanted) {
    const values = list.list(filter);
    if (values !== null) rows = rows.where(column, "in", values);
  }
  return rows;
}

async function present(api: CcApi, binding: CredentialBinding): Promise<object> {
  const [document] = await presentBindings(api, [binding]);
  return document!;
}

function create(api: CcApi): Handler {
  return async (request) => {
    const { body, access } = request;
    const { type } = parseBody(BINDING_TYPE, body);
    if (type === "key") return createKey(api, request);
    const wanted = parseBody(APP_BINDING_CREATE, body);
    const instance = await readableInstance(api, access, wanted.relationships.service_instance);
    if ("parameters" in (body as object)) refuseParameters(instance);
    const app = await api.db
      .selectFrom("apps")
      .where("guid", "=", wanted.relationships.app)
      .selectAll()
      .executeTakeFirst();
    const space = app === undefined ? null : await findSpace(api, access, app.space_guid);
    if (app === undefined || space === null) {
      throw unprocessable(`The app could not be found: '${wanted.relationships.app}'`);
    }
    await requireSpaceWrite(api, access, space, access.canManageApps(space));
    const binding = await api.transaction((trx) =>
      bindUserProvided(
        api,
        trx,
        {
          instance,
          app,
          name: wanted.name ?? null,
          strategy: wanted.strategy ?? "single",
          metadata: wanted.metadata,
        },
        actorOf(request.caller),
        body as object,
      ),
    );
    return created(await present(api, binding));
  };
}

async function createKey(api: CcApi, { body, access }: CcRequest): Promise<never> {
  const wanted = parseBody(KEY_BINDING_CREATE, body);
  const instance = await readableInstance(api, access, wanted.relationships.service_instance);
  if ("parameters" in (body as object)) refuseParameters(instance);
  const space = await api.db
    .selectFrom("spaces")
    .where("guid", "=", instance.space_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
  throw unprocessable(
    "Service credential bindings of type 'key' are not supported for user-provided service instances.",
  );
}

async function readableInstance(api: CcApi, access: Access, guid: string): Promise<ServiceInstance> {
  const instance = await readableInstances(api, access).where("service_instances.guid", "=", guid).executeTakeFirst();
  if (instance === undefined) throw unprocessable(`The service instance could not be found: '${guid}'`);
  return instance;
}

function refuseParameters(instance: ServiceInstance): void {
  if (instance.type !== "user-provided") return;
  throw unprocessable("Binding parameters are not supported for user-provided service instances");
}

/** CC: presenters/v3/service_credential_binding_details_presenter.rb */
function details(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const binding = await visibleBinding(api, access, params["guid"]!);
    if (!access.canReadSecrets(await spaceOf(api, binding))) throw notFound("Service credential binding");
    await recordBinding(api, api.db, "show", binding, actorOf(caller), {
      request: {
        service_instance_guid: binding.service_instance_guid,
        ...(binding.app_guid === null ? {} : { app_guid: binding.app_guid }),
      },
    });
    return ok({
      credentials: JSON.parse(binding.credentials) as object,
      ...(binding.syslog_drain_url === null ? {} : { syslog_drain_url: binding.syslog_drain_url }),
      ...(binding.type === "key" ? {} : { volume_mounts: JSON.parse(binding.volume_mounts) as object[] }),
    });
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    const binding = await visibleBinding(api, access, params["guid"]!);
    const space = await spaceOf(api, binding);
    await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
    const wanted = parseBody(BINDING_UPDATE, body);
    await api.transaction(async (trx) => {
      await changeMetadata(trx, "service_credential_binding", binding.guid, wanted.metadata, api.config.limits);
      await recordBinding(api, trx, "update", binding, actorOf(caller), { request: body as object });
    });
    return ok(await present(api, binding));
  };
}
