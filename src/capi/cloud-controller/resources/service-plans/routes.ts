import type { Selectable } from "kysely";
import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListQuery, type ListSpec, parseListQuery, parseShowQuery } from "../../list-query.ts";
import type { ServicePlansTable } from "../../store/schema.ts";
import { requireMarketplace, visiblePlans } from "../service-offerings/marketplace.ts";
import { planChanges } from "./change.ts";
import { includedOfPlans, presentPlans } from "./present.ts";
import { planVisibility } from "./visibility.ts";

const FIELDS = { "service_offering.service_broker": ["guid", "name"] } as const;
const INCLUDE = ["space.organization", "service_offering"] as const;

/** CC: messages/service_plans_list_message.rb */
const PLANS_LIST: ListSpec = {
  filters: {
    available: "boolean",
    broker_catalog_ids: "list",
    names: "list",
    organization_guids: "list",
    service_broker_guids: "list",
    service_broker_names: "list",
    service_instance_guids: "list",
    service_offering_guids: "list",
    service_offering_names: "list",
    space_guids: "list",
  },
  include: INCLUDE,
  fields: FIELDS,
  orderBy: ["name"],
  labelSelector: true,
};

/** Registers `/v3/service_plans` and who may use them. CC: controllers/v3/service_plans_controller.rb */
export function servicePlans(api: CcApi): void {
  const open = { token: "optional", scoped: false } as const;
  api.get(
    "/v3/service_plans",
    async (request) => {
      await requireMarketplace(api, request.callerOrNull, request.access);
      const list = parseListQuery(PLANS_LIST, request.query);
      const page = await readPage(filtered(api, request, list), "service_plans", list, { owner: "service_plan" });
      const document = presentPage(api.links, request.path, list, page.total, await presentPlans(api, page.rows));
      return ok({ ...document, ...(await includedOfPlans(api, list, page.rows)) });
    },
    open,
  );
  api.get(
    "/v3/service_plans/:guid",
    async (request) => {
      await requireMarketplace(api, request.callerOrNull, request.access);
      const plan = await visiblePlan(api, request);
      const wanted = parseShowQuery({ include: INCLUDE, fields: FIELDS }, request.query);
      const [document] = await presentPlans(api, [plan]);
      return ok({ ...document!, ...(await includedOfPlans(api, wanted, [plan])) });
    },
    open,
  );
  planChanges(api, async (request, guid) => {
    const plan = await visible(api, request, null, null).where("service_plans.guid", "=", guid).executeTakeFirst();
    return plan !== undefined;
  });
  planVisibility(api, (request) => visiblePlan(api, request));
}

async function visiblePlan(api: CcApi, request: CcRequest): Promise<Selectable<ServicePlansTable>> {
  const plan = await visible(api, request, null, null)
    .where("service_plans.guid", "=", request.params["guid"]!)
    .executeTakeFirst();
  if (plan === undefined) throw notFound("Service plan");
  return plan;
}

function visible(
  api: CcApi,
  { callerOrNull: caller, access }: CcRequest,
  organizationGuids: readonly string[] | null,
  spaceGuids: readonly string[] | null,
) {
  const rows = api.db.selectFrom("service_plans").selectAll("service_plans");
  const plans = visiblePlans(api, { caller, access, organizationGuids, spaceGuids });
  return plans === null ? rows : rows.where("service_plans.guid", "in", plans);
}

function filtered(api: CcApi, request: CcRequest, list: ListQuery) {
  let rows = visible(api, request, list.list("organization_guids"), list.list("space_guids"));
  const available = list.boolean("available");
  if (available !== null) rows = rows.where("service_plans.available", "=", available ? 1 : 0);
  const names = list.list("names");
  if (names !== null) rows = rows.where("service_plans.name", "in", names);
  const catalogIds = list.list("broker_catalog_ids");
  if (catalogIds !== null) rows = rows.where("service_plans.broker_catalog_id", "in", catalogIds);
  const offeringGuids = list.list("service_offering_guids");
  if (offeringGuids !== null) rows = rows.where("service_plans.service_offering_guid", "in", offeringGuids);
  const instanceGuids = list.list("service_instance_guids");
  if (instanceGuids !== null) {
    const used = api.db
      .selectFrom("service_instances")
      .where("service_instances.guid", "in", instanceGuids)
      .where("service_instances.service_plan_guid", "is not", null)
      .select("service_instances.service_plan_guid");
    rows = rows.where("service_plans.guid", "in", used);
  }
  const offeringNames = list.list("service_offering_names");
  const brokerGuids = list.list("service_broker_guids");
  const brokerNames = list.list("service_broker_names");
  if (offeringNames === null && brokerGuids === null && brokerNames === null) return rows;
  let offerings = api.db
    .selectFrom("service_offerings as offering")
    .innerJoin("service_brokers as broker", "broker.guid", "offering.service_broker_guid")
    .select("offering.guid");
  if (offeringNames !== null) offerings = offerings.where("offering.name", "in", offeringNames);
  if (brokerGuids !== null) offerings = offerings.where("broker.guid", "in", brokerGuids);
  if (brokerNames !== null) offerings = offerings.where("broker.name", "in", brokerNames);
  return rows.where("service_plans.service_offering_guid", "in", offerings);
}
