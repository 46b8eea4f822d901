import type { Access } from "../../access.ts";
import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListQuery, type ListSpec, parseListQuery } from "../../list-query.ts";
import { BINDING_SHOWN, type CredentialBinding, included, presentBindings } from "./present.ts";
import { readableBindings } from "./readable.ts";

/** CC: messages/service_credential_binding_list_message.rb */
export const BINDINGS_LIST = {
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

/** `GET /v3/service_credential_bindings`. */
export function listBindings(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(BINDINGS_LIST, query);
    const page = await readPage(
      filtered(api, access, list).clearSelect().select(BINDING_SHOWN),
      "service_credential_bindings",
      list,
      {
        owner: "service_credential_binding",
      },
    );
    const document = presentPage(api.links, path, list, page.total, await presentBindings(api, page.rows));
    return ok({ ...document, ...(await included(api, list.include, page.rows)) });
  };
}

function filtered(api: CcApi, access: Access, list: ListQuery) {
  let rows = readableBindings(api, access);
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
