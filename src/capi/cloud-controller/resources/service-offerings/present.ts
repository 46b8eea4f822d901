import type { Selectable } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { metadataOf } from "../../metadata.ts";
import type { ServiceOfferingsTable } from "../../store/schema.ts";

export type ServiceOffering = Selectable<ServiceOfferingsTable>;

/** CC: presenters/v3/service_offering_presenter.rb */
export async function presentOfferings(api: CcApi, offerings: readonly ServiceOffering[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "service_offering",
    offerings.map(({ guid }) => guid),
  );
  return offerings.map((offering) => ({
    guid: offering.guid,
    created_at: presentTime(offering.created_at),
    updated_at: presentTime(offering.updated_at),
    name: offering.name,
    description: offering.description,
    available: offering.available === 1,
    tags: JSON.parse(offering.tags) as string[],
    requires: JSON.parse(offering.requires) as string[],
    shareable: offering.shareable === 1,
    documentation_url: offering.documentation_url ?? "",
    broker_catalog: {
      id: offering.broker_catalog_id,
      metadata: JSON.parse(offering.broker_catalog_metadata) as object,
      features: {
        plan_updateable: offering.plan_updateable === 1,
        bindable: offering.bindable === 1,
        instances_retrievable: offering.instances_retrievable === 1,
        bindings_retrievable: offering.bindings_retrievable === 1,
        allow_context_updates: offering.allow_context_updates === 1,
      },
    },
    relationships: { service_broker: { data: { guid: offering.service_broker_guid } } },
    metadata: metadata(offering.guid),
    links: {
      self: api.links.to(`/v3/service_offerings/${offering.guid}`),
      service_plans: api.links.to(`/v3/service_plans?service_offering_guids=${offering.guid}`),
      service_broker: api.links.to(`/v3/service_brokers/${offering.service_broker_guid}`),
    },
  }));
}

/** `included.service_brokers` with the wanted fields. CC: decorators/field_service_offering_service_broker_decorator.rb */
export async function includedBrokers(
  api: CcApi,
  wanted: readonly string[] | undefined,
  brokerGuids: readonly string[],
): Promise<object> {
  if (wanted === undefined) return {};
  const rows =
    brokerGuids.length === 0
      ? []
      : await api.db
          .selectFrom("service_brokers")
          .where("guid", "in", [...new Set(brokerGuids)])
          .orderBy("created_at")
          .orderBy("guid")
          .select(["guid", "name"])
          .execute();
  return {
    service_brokers: rows.map(({ guid, name }) => ({
      ...(wanted.includes("name") ? { name } : {}),
      ...(wanted.includes("guid") ? { guid } : {}),
    })),
  };
}
