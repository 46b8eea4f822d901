import type { Selectable } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { ListQuery } from "../../list-query.ts";
import { metadataOf } from "../../metadata.ts";
import type { ServicePlansTable } from "../../store/schema.ts";
import { includedOrganizations } from "../organizations/present.ts";
import { includedBrokers, presentOfferings } from "../service-offerings/present.ts";
import { includedSpaces } from "../spaces/present.ts";

export type ServicePlan = Selectable<ServicePlansTable>;

interface Origin {
  readonly guid: string;
  readonly bindable: 0 | 1;
  readonly plan_updateable: 0 | 1;
  readonly broker_guid: string;
  readonly space_guid: string | null;
  readonly organization_guid: string | null;
}

/** Offering and broker of each plan, by the offering's guid. */
async function originsOf(api: CcApi, plans: readonly ServicePlan[]): Promise<ReadonlyMap<string, Origin>> {
  if (plans.length === 0) return new Map();
  const rows = await api.db
    .selectFrom("service_offerings as offering")
    .innerJoin("service_brokers as broker", "broker.guid", "offering.service_broker_guid")
    .leftJoin("spaces as space", "space.guid", "broker.space_guid")
    .where(
      "offering.guid",
      "in",
      plans.map((plan) => plan.service_offering_guid),
    )
    .select([
      "offering.guid",
      "offering.bindable",
      "offering.plan_updateable",
      "broker.guid as broker_guid",
      "broker.space_guid",
      "space.organization_guid",
    ])
    .execute();
  return new Map(rows.map((row) => [row.guid, row]));
}

/** CC: presenters/v3/service_plan_presenter.rb */
export async function presentPlans(api: CcApi, plans: readonly ServicePlan[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "service_plan",
    plans.map(({ guid }) => guid),
  );
  const origins = await originsOf(api, plans);
  const { links } = api;
  return plans.map((plan) => {
    const origin = origins.get(plan.service_offering_guid)!;
    const path = `/v3/service_plans/${plan.guid}`;
    return {
      guid: plan.guid,
      created_at: presentTime(plan.created_at),
      updated_at: presentTime(plan.updated_at),
      name: plan.name,
      visibility_type: plan.visibility_type,
      available: plan.available === 1,
      free: plan.free === 1,
      costs: JSON.parse(plan.costs) as object[],
      description: plan.description,
      maintenance_info: JSON.parse(plan.maintenance_info) as object,
      broker_catalog: {
        id: plan.broker_catalog_id,
        metadata: JSON.parse(plan.broker_catalog_metadata) as object,
        maximum_polling_duration: plan.maximum_polling_duration,
        features: {
          bindable: (plan.bindable ?? origin.bindable) === 1,
          plan_updateable: (plan.plan_updateable ?? origin.plan_updateable) === 1,
        },
      },
      schemas: presentSchemas(plan.schemas),
      relationships: {
        service_offering: { data: { guid: plan.service_offering_guid } },
        ...(origin.space_guid === null ? {} : { space: { data: { guid: origin.space_guid } } }),
      },
      metadata: metadata(plan.guid),
      links: {
        self: links.to(path),
        service_offering: links.to(`/v3/service_offerings/${plan.service_offering_guid}`),
        visibility: links.to(`${path}/visibility`),
        ...(origin.space_guid === null ? {} : { space: links.to(`/v3/spaces/${origin.space_guid}`) }),
      },
    };
  });
}

/** As the catalog gave them; what is missing is an empty schema. */
function presentSchemas(json: string): object {
  type Parameters = { readonly parameters?: object };
  const schemas = JSON.parse(json) as {
    readonly service_instance?: { readonly create?: Parameters; readonly update?: Parameters };
    readonly service_binding?: { readonly create?: Parameters };
  };
  return {
    service_instance: {
      create: { parameters: schemas.service_instance?.create?.parameters ?? {} },
      update: { parameters: schemas.service_instance?.update?.parameters ?? {} },
    },
    service_binding: { create: { parameters: schemas.service_binding?.create?.parameters ?? {} } },
  };
}

/** `included`, when something was asked for. CC: decorators/include_service_plan_*.rb */
export async function includedOfPlans(
  api: CcApi,
  { include, fields }: Pick<ListQuery, "include" | "fields">,
  plans: readonly ServicePlan[],
): Promise<object> {
  const brokerFields = fields["service_offering.service_broker"];
  if (include.length === 0 && brokerFields === undefined) return {};
  const origins = [...(await originsOf(api, plans)).values()];
  const included: Record<string, unknown> = {};
  if (include.includes("space.organization")) {
    included["spaces"] = await includedSpaces(
      api,
      origins.flatMap((origin) => origin.space_guid ?? []),
    );
    included["organizations"] = await includedOrganizations(
      api,
      origins.flatMap((origin) => origin.organization_guid ?? []),
    );
  }
  if (include.includes("service_offering")) {
    const rows =
      plans.length === 0
        ? []
        : await api.db
            .selectFrom("service_offerings")
            .where(
              "guid",
              "in",
              origins.map(({ guid }) => guid),
            )
            .orderBy("created_at")
            .orderBy("guid")
            .selectAll()
            .execute();
    included["service_offerings"] = await presentOfferings(api, rows);
  }
  const brokers = await includedBrokers(
    api,
    brokerFields,
    origins.map((origin) => origin.broker_guid),
  );
  return { included: { ...included, ...brokers } };
}
