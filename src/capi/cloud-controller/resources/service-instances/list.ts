import { type Access, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { includedFields, LIST_FIELDS } from "./fields.ts";
import { presentInstances } from "./present.ts";
import { readableInstances, type ServiceInstance } from "./readable.ts";

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

/** `GET /v3/service_instances`. */
export function listInstances(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(INSTANCES_LIST, query);
    let rows = await readableOnes(api, access);
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

/** As `readableInstances`: few instances are shared, and a list without an "or" is found by indexes. */
async function readableOnes(api: CcApi, access: Access) {
  if (access.readsAll) return readableInstances(api, access);
  const spaces = spaceGuidsWith(api.db, access, SPACE_READERS);
  const any = await shared(api).where("space_guid", "in", spaces).limit(1).executeTakeFirst();
  if (any !== undefined) return readableInstances(api, access);
  return api.db
    .selectFrom("service_instances")
    .where("service_instances.space_guid", "in", spaces)
    .selectAll("service_instances");
}

function shared(api: CcApi) {
  return api.db.selectFrom("service_instance_shares").select("service_instance_guid");
}
