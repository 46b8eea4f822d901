import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";

type Fields = Readonly<Record<string, readonly string[]>>;

/** Allowed `fields[…]` of lists. CC: messages/service_instances_list_message.rb */
export const LIST_FIELDS = {
  space: ["guid", "name", "relationships.organization"],
  "space.organization": ["name", "guid"],
  service_plan: ["guid", "name", "relationships.service_offering"],
  "service_plan.service_offering": [
    "name",
    "guid",
    "description",
    "documentation_url",
    "tags",
    "relationships.service_broker",
  ],
  "service_plan.service_offering.service_broker": ["name", "guid"],
} as const;

/** Allowed `fields[…]` of one instance. CC: messages/service_instance_show_message.rb */
export const SHOW_FIELDS = {
  space: ["name", "guid"],
  "space.organization": ["name", "guid"],
  service_plan: ["name", "guid"],
  "service_plan.service_offering": ["name", "guid", "description", "tags", "documentation_url"],
  "service_plan.service_offering.service_broker": ["name", "guid"],
} as const;

/** The parts of `included` that `fields` names. CC: decorators/field_service_instance_*.rb */
export async function includedFields(
  api: CcApi,
  access: Access,
  fields: Fields,
  resources: readonly { readonly space_guid: string; readonly service_plan_guid: string | null }[],
): Promise<object> {
  if (Object.keys(fields).length === 0) return {};
  const included: Record<string, object[]> = {};
  await includePlaces(api, access, fields, [...new Set(resources.map((resource) => resource.space_guid))], included);
  const plans = [...new Set(resources.flatMap((resource) => resource.service_plan_guid ?? []))];
  if (plans.length > 0) await includeCatalog(api, fields, plans, included);
  return { included };
}

async function includePlaces(
  api: CcApi,
  access: Access,
  fields: Fields,
  guids: readonly string[],
  included: Record<string, object[]>,
): Promise<void> {
  const wanted = fields["space"];
  const wantedOrganization = fields["space.organization"];
  if (guids.length === 0 || (wanted === undefined && wantedOrganization === undefined)) return;
  const spaces = await api.db
    .selectFrom("spaces")
    .where("guid", "in", guids)
    .orderBy("created_at")
    .orderBy("guid")
    .selectAll()
    .execute();
  if (wanted !== undefined) {
    included["spaces"] = spaces.map((space) => ({
      ...(wanted.includes("guid") ? { guid: space.guid } : {}),
      ...(wanted.includes("name") && access.canReadSpace(space) ? { name: space.name } : {}),
      ...(wanted.includes("relationships.organization")
        ? { relationships: { organization: { data: { guid: space.organization_guid } } } }
        : {}),
    }));
  }
  if (wantedOrganization === undefined) return;
  const organizations = await api.db
    .selectFrom("organizations")
    .where(
      "guid",
      "in",
      spaces.map((space) => space.organization_guid),
    )
    .orderBy("created_at")
    .orderBy("guid")
    .select(["guid", "name"])
    .execute();
  included["organizations"] = organizations.map(({ guid, name }) => ({
    ...(wantedOrganization.includes("guid") ? { guid } : {}),
    ...(wantedOrganization.includes("name") && access.canReadOrganization(guid) ? { name } : {}),
  }));
}

async function includeCatalog(
  api: CcApi,
  fields: Fields,
  planGuids: readonly string[],
  included: Record<string, object[]>,
): Promise<void> {
  const rows = await api.db
    .selectFrom("service_plans as plan")
    .innerJoin("service_offerings as offering", "offering.guid", "plan.service_offering_guid")
    .innerJoin("service_brokers as broker", "broker.guid", "offering.service_broker_guid")
    .where("plan.guid", "in", planGuids)
    .orderBy("plan.created_at")
    .orderBy("plan.guid")
    .select([
      "plan.guid as plan_guid",
      "plan.name as plan_name",
      "offering.guid",
      "offering.name",
      "offering.description",
      "offering.documentation_url",
      "offering.tags",
      "broker.guid as broker_guid",
      "broker.name as broker_name",
    ])
    .execute();
  const distinct = (key: "guid" | "broker_guid") => [...new Map(rows.map((row) => [row[key], row])).values()];
  const pick = (names: readonly string[], values: Readonly<Record<string, unknown>>): object =>
    Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
  const plan = fields["service_plan"];
  if (plan !== undefined) {
    included["service_plans"] = rows.map((row) => ({
      ...pick(plan, { guid: row.plan_guid, name: row.plan_name }),
      ...(plan.includes("relationships.service_offering")
        ? { relationships: { service_offering: { data: { guid: row.guid } } } }
        : {}),
    }));
  }
  const offering = fields["service_plan.service_offering"];
  if (offering !== undefined) {
    included["service_offerings"] = distinct("guid").map((row) => ({
      ...pick(offering, { ...row, tags: JSON.parse(row.tags) as string[] }),
      ...(offering.includes("relationships.service_broker")
        ? { relationships: { service_broker: { data: { guid: row.broker_guid } } } }
        : {}),
    }));
  }
  const broker = fields["service_plan.service_offering.service_broker"];
  if (broker !== undefined) {
    included["service_brokers"] = distinct("broker_guid").map((row) =>
      pick(broker, { name: row.broker_name, guid: row.broker_guid }),
    );
  }
}
