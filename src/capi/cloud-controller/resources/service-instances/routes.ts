import { created, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery, parseShowQuery } from "../../list-query.ts";
import { presentToMany } from "../../relationship.ts";
import { parseBody } from "../../validation.ts";
import { findSpace, requireSpaceWrite, type Space } from "../../visible.ts";
import { INSTANCE_TYPE, MANAGED_CREATE, USER_PROVIDED_CREATE, USER_PROVIDED_UPDATE } from "./body.ts";
import { includedFields, LIST_FIELDS, SHOW_FIELDS } from "./fields.ts";
import { presentInstances } from "./present.ts";
import { readableInstances, type ServiceInstance, spaceOfInstance, visibleInstance } from "./readable.ts";
import { createUserProvided, deleteUserProvided, record, updateUserProvided } from "./user-provided.ts";

/** CC: messages/service_instances_list_message.rb */
const INSTANCES_LIST: ListSpec = {
  filters: {
    type: "text",
    names: "list",
    space_guids: "list",
    organization_guids: "list",
    service_plan_guids: "list",
    service_plan_names: "list",
  },
  fields: LIST_FIELDS,
  orderBy: ["name"],
  labelSelector: true,
  check: (list) => {
    const type = list.text("type");
    return type === null || type === "managed" || type === "user-provided"
      ? []
      : ["Type must be one of 'managed', 'user-provided'"];
  },
};

/** Registers `/v3/service_instances`. CC: controllers/v3/service_instances_controller.rb */
export function serviceInstances(api: CcApi): void {
  const path = "/v3/service_instances";
  api.get(path, index(api));
  api.post(path, create(api));
  api.get(`${path}/:guid`, async ({ params, query, access }) => {
    const instance = await visibleInstance(api, access, params["guid"]!);
    const { fields } = parseShowQuery({ fields: SHOW_FIELDS }, query);
    return ok({ ...(await present(api, instance)), ...(await includedFields(api, access, fields, [instance])) });
  });
  api.patch(`${path}/:guid`, update(api));
  api.delete(`${path}/:guid`, async (request) => {
    const { instance, space } = await writable(api, request);
    await deleteUserProvided(api, instance, space, actorOf(request.caller));
    return noContent();
  });
  api.get(`${path}/:guid/credentials`, credentials(api));
  api.get(`${path}/:guid/parameters`, async ({ params, access }) => {
    await visibleInstance(api, access, params["guid"]!);
    throw new CcError("ServiceFetchInstanceParametersNotSupported");
  });
  api.get(`${path}/:guid/permissions`, permissions(api), { scoped: false });
  api.get(`${path}/:guid/relationships/shared_spaces`, async ({ params, access }) => {
    const instance = await visibleInstance(api, access, params["guid"]!);
    const guids = await sharedSpaces(api, instance);
    return ok(presentToMany(api.links, `${path}/${instance.guid}`, "shared_spaces", guids, false));
  });
  api.get(`${path}/:guid/relationships/shared_spaces/usage_summary`, sharedUsage(api));
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(INSTANCES_LIST, query);
    let rows = readableInstances(api, access);
    const type = list.text("type");
    if (type !== null) rows = rows.where("service_instances.type", "=", type as ServiceInstance["type"]);
    const names = list.list("names");
    if (names !== null) rows = rows.where("service_instances.name", "in", names);
    const organizationGuids = list.list("organization_guids");
    if (organizationGuids !== null) {
      const spaces = api.db
        .selectFrom("spaces")
        .where("spaces.organization_guid", "in", organizationGuids)
        .select("spaces.guid");
      rows = rows.where((eb) =>
        eb.or([
          eb("service_instances.space_guid", "in", spaces),
          eb("service_instances.guid", "in", shared(api).where("space_guid", "in", spaces)),
        ]),
      );
    }
    const spaceGuids = list.list("space_guids");
    if (spaceGuids !== null) {
      rows = rows.where((eb) =>
        eb.or([
          eb("service_instances.space_guid", "in", spaceGuids),
          eb("service_instances.guid", "in", shared(api).where("space_guid", "in", spaceGuids)),
        ]),
      );
    }
    const planGuids = list.list("service_plan_guids");
    if (planGuids !== null) rows = rows.where("service_instances.service_plan_guid", "in", planGuids);
    const planNames = list.list("service_plan_names");
    if (planNames !== null) {
      const plans = api.db
        .selectFrom("service_plans")
        .where("service_plans.name", "in", planNames)
        .select("service_plans.guid");
      rows = rows.where("service_instances.service_plan_guid", "in", plans);
    }
    const page = await readPage(rows, "service_instances", list, { owner: "service_instance" });
    const document = presentPage(api.links, path, list, page.total, await presentInstances(api, page.rows));
    return ok({ ...document, ...(await includedFields(api, access, list.fields, page.rows)) });
  };
}

function shared(api: CcApi) {
  return api.db.selectFrom("service_instance_shares").select("service_instance_guid");
}

async function present(api: CcApi, instance: ServiceInstance): Promise<object> {
  const [document] = await presentInstances(api, [instance]);
  return document!;
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    if (!access.admin) await api.featureFlags.require("service_instance_creation", access);
    const { type } = parseBody(INSTANCE_TYPE, body);
    const wanted = type === "managed" ? parseBody(MANAGED_CREATE, body) : parseBody(USER_PROVIDED_CREATE, body);
    const space = await findSpace(api, access, wanted.relationships.space);
    if (space === null) throw unprocessable("Invalid space. Ensure that the space exists and you have access to it.");
    await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
    if (wanted.type === "managed") {
      // Plans come from brokers' catalogs; there is none to provision from yet.
      throw unprocessable(
        "Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.",
      );
    }
    const instance = await createUserProvided(api, space, wanted, actorOf(caller), body as object);
    return created(await present(api, instance));
  };
}

/** An instance that the caller may change. */
async function writable(
  api: CcApi,
  { params, access }: CcRequest,
): Promise<{ instance: ServiceInstance; space: Space }> {
  const instance = await visibleInstance(api, access, params["guid"]!);
  const space = await spaceOfInstance(api, instance);
  await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
  return { instance, space };
}

function update(api: CcApi): Handler {
  return async (request) => {
    const { instance, space } = await writable(api, request);
    const wanted = parseBody(USER_PROVIDED_UPDATE, request.body);
    const changed = await updateUserProvided(
      api,
      instance,
      space,
      wanted,
      actorOf(request.caller),
      request.body as object,
    );
    return ok(await present(api, changed));
  };
}

function credentials(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const instance = await visibleInstance(api, access, params["guid"]!);
    if (instance.type !== "user-provided") throw notFound("Service instance");
    const space = await spaceOfInstance(api, instance);
    if (!access.canReadSecrets(space)) throw notAuthorized();
    await record(api, api.db, "show", instance, space, actorOf(caller), { request: {} });
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

async function sharedSpaces(api: CcApi, instance: ServiceInstance): Promise<string[]> {
  const rows = await api.db
    .selectFrom("service_instance_shares")
    .innerJoin("spaces", "spaces.guid", "service_instance_shares.space_guid")
    .where("service_instance_guid", "=", instance.guid)
    .orderBy("spaces.id")
    .select("spaces.guid")
    .execute();
  return rows.map(({ guid }) => guid);
}

/** CC: presenters/v3/shared_spaces_usage_summary_presenter.rb */
function sharedUsage(api: CcApi): Handler {
  return async ({ params, access }) => {
    const instance = await visibleInstance(api, access, params["guid"]!);
    const bindings = await api.db
      .selectFrom("service_credential_bindings")
      .innerJoin("apps", "apps.guid", "service_credential_bindings.app_guid")
      .where("service_instance_guid", "=", instance.guid)
      .select("apps.space_guid")
      .execute();
    const path = `/v3/service_instances/${instance.guid}`;
    const guids = await sharedSpaces(api, instance);
    return ok({
      usage_summary: guids.map((guid) => ({
        space: { guid },
        bound_app_count: bindings.filter((binding) => binding.space_guid === guid).length,
      })),
      links: {
        self: api.links.to(`${path}/relationships/shared_spaces/usage_summary`),
        shared_spaces: api.links.to(`${path}/relationships/shared_spaces`),
        service_instance: api.links.to(path),
      },
    });
  };
}
