import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListQuery, type ListSpec, parseListQuery, parseShowQuery } from "../../list-query.ts";
import { offeringChanges } from "./change.ts";
import { requireMarketplace, visiblePlans } from "./marketplace.ts";
import { includedBrokers, presentOfferings } from "./present.ts";

const FIELDS = { service_broker: ["guid", "name"] } as const;

/** CC: messages/service_offerings_list_message.rb */
const OFFERINGS_LIST: ListSpec = {
  filters: {
    available: "boolean",
    broker_catalog_ids: "list",
    service_broker_guids: "list",
    service_broker_names: "list",
    names: "list",
    space_guids: "list",
    organization_guids: "list",
  },
  fields: FIELDS,
  orderBy: ["name"],
  labelSelector: true,
};

/** Registers `/v3/service_offerings`, which also callers without token may read. CC: controllers/v3/service_offerings_controller.rb */
export function serviceOfferings(api: CcApi): void {
  const open = { token: "optional", scoped: false } as const;
  api.get(
    "/v3/service_offerings",
    async (request) => {
      await requireMarketplace(api, request.callerOrNull, request.access);
      const list = parseListQuery(OFFERINGS_LIST, request.query);
      const page = await readPage(filtered(api, request, list), "service_offerings", list, {
        owner: "service_offering",
      });
      const document = presentPage(api.links, request.path, list, page.total, await presentOfferings(api, page.rows));
      const brokers = page.rows.map((offering) => offering.service_broker_guid);
      const included = await includedBrokers(api, list.fields["service_broker"], brokers);
      return ok(Object.keys(included).length === 0 ? document : { ...document, included });
    },
    open,
  );
  api.get(
    "/v3/service_offerings/:guid",
    async (request) => {
      await requireMarketplace(api, request.callerOrNull, request.access);
      const offering = await visible(api, request, null, null)
        .where("service_offerings.guid", "=", request.params["guid"]!)
        .executeTakeFirst();
      if (offering === undefined) throw notFound("Service offering");
      const { fields } = parseShowQuery({ fields: FIELDS }, request.query);
      const [document] = await presentOfferings(api, [offering]);
      const included = await includedBrokers(api, fields["service_broker"], [offering.service_broker_guid]);
      return ok(Object.keys(included).length === 0 ? document! : { ...document!, included });
    },
    open,
  );
  offeringChanges(api, async (request, guid) => {
    const rows = visible(api, request, null, null).where("service_offerings.guid", "=", guid);
    return (await rows.executeTakeFirst()) !== undefined;
  });
}

function visible(
  api: CcApi,
  { callerOrNull: caller, access }: CcRequest,
  organizationGuids: readonly string[] | null,
  spaceGuids: readonly string[] | null,
) {
  const rows = api.db.selectFrom("service_offerings").selectAll("service_offerings");
  const plans = visiblePlans(api, { caller, access, organizationGuids, spaceGuids });
  if (plans === null) return rows;
  const offerings = api.db
    .selectFrom("service_plans")
    .where("service_plans.guid", "in", plans)
    .select("service_plans.service_offering_guid");
  return rows.where("service_offerings.guid", "in", offerings);
}

function filtered(api: CcApi, request: CcRequest, list: ListQuery) {
  let rows = visible(api, request, list.list("organization_guids"), list.list("space_guids"));
  const available = list.boolean("available");
  if (available !== null) rows = rows.where("service_offerings.available", "=", available ? 1 : 0);
  const names = list.list("names");
  if (names !== null) rows = rows.where("service_offerings.name", "in", names);
  const catalogIds = list.list("broker_catalog_ids");
  if (catalogIds !== null) rows = rows.where("service_offerings.broker_catalog_id", "in", catalogIds);
  const brokerGuids = list.list("service_broker_guids");
  if (brokerGuids !== null) rows = rows.where("service_offerings.service_broker_guid", "in", brokerGuids);
  const brokerNames = list.list("service_broker_names");
  if (brokerNames !== null) {
    const brokers = api.db
      .selectFrom("service_brokers")
      .where("service_brokers.name", "in", brokerNames)
      .select("service_brokers.guid");
    rows = rows.where("service_offerings.service_broker_guid", "in", brokers);
  }
  return rows;
}
