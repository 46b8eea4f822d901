import type { Kysely, Selectable } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import { deleteMetadata } from "../../metadata.ts";
import type { CcDatabase, ServiceBrokersTable, ServiceOfferingsTable, ServicePlansTable } from "../../store/schema.ts";
import type { CatalogOffering } from "./catalog.ts";
import type { CatalogPlan } from "./catalog-plan.ts";
import { costsOf } from "./costs.ts";
import { deactivationWarning } from "./deactivation-warning.ts";
import { brokerActor, recordCatalog } from "./events.ts";

type Broker = Pick<Selectable<ServiceBrokersTable>, "guid" | "name" | "url" | "space_guid">;
type Offering = Selectable<ServiceOfferingsTable>;
type Plan = Selectable<ServicePlansTable>;

/**
 * Makes the stored offerings and plans of a broker those of its catalog, inside the caller's transaction. What the catalog no longer has goes
 * away, except plans with instances, which stay and are not available any more. Gives warnings. Throws ServiceBrokerSyncFailed when a new
 * name is still another plan's. CC: lib/services/service_brokers/service_manager.rb
 */
export async function syncCatalog(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  broker: Broker,
  catalog: readonly CatalogOffering[],
): Promise<readonly string[]> {
  const stored = await trx
    .selectFrom("service_offerings")
    .where("service_broker_guid", "=", broker.guid)
    .selectAll()
    .execute();
  const byCatalogId = new Map(stored.map((offering) => [offering.broker_catalog_id, offering]));
  const isStored = ({ id }: CatalogOffering): boolean => byCatalogId.has(id);
  for (const wanted of [...catalog.filter(isStored), ...catalog.filter((offering) => !isStored(offering))]) {
    byCatalogId.set(wanted.id, await putOffering(api, trx, broker, byCatalogId.get(wanted.id), wanted));
  }
  const gone = stored.filter((offering) => !catalog.some(({ id }) => id === offering.broker_catalog_id));
  for (const { guid } of gone) {
    await trx.updateTable("service_offerings").set({ available: 0 }).where("guid", "=", guid).execute();
  }
  const plans = await plansOf(trx, broker);
  await putPlans(api, trx, broker, catalog, byCatalogId, plans);
  const warnings = await dropPlans(api, trx, broker, catalog, plans);
  await dropOfferings(api, trx, broker, gone);
  return warnings;
}

async function plansOf(trx: Kysely<CcDatabase>, broker: Broker) {
  return await trx
    .selectFrom("service_plans")
    .innerJoin("service_offerings", "service_offerings.guid", "service_plans.service_offering_guid")
    .where("service_offerings.service_broker_guid", "=", broker.guid)
    .selectAll("service_plans")
    .select("service_offerings.name as offering_name")
    .execute();
}

type StoredPlan = Awaited<ReturnType<typeof plansOf>>[number];

async function putOffering(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  broker: Broker,
  stored: Offering | undefined,
  wanted: CatalogOffering,
): Promise<Offering> {
  const columns = offeringColumns(wanted);
  const actor = brokerActor(broker);
  if (stored === undefined) {
    const made = await trx
      .insertInto("service_offerings")
      .values({ ...api.stamp(), ...columns, service_broker_guid: broker.guid, broker_catalog_id: wanted.id })
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordCatalog(api, trx, "service", "create", made, actor, offeringChanges(columns, wanted, broker));
    return made;
  }
  const changed = differing(stored, columns);
  const changedOffering = { ...stored, ...changed };
  if (Object.keys(changed).length > 0) {
    await trx
      .updateTable("service_offerings")
      .set({ ...changed, updated_at: api.nowMs() })
      .where("guid", "=", stored.guid)
      .execute();
  }
  await recordCatalog(api, trx, "service", "update", changedOffering, actor, offeringChanges(changed, wanted, null));
  return changedOffering;
}

function offeringColumns(wanted: CatalogOffering) {
  const { metadata } = wanted;
  const documentation = metadata?.["documentationUrl"];
  return {
    name: wanted.name,
    description: wanted.description,
    available: flag(wanted.plans.length > 0),
    bindable: flag(wanted.bindable),
    tags: JSON.stringify(wanted.tags),
    requires: JSON.stringify(wanted.requires),
    shareable: flag(metadata?.["shareable"] === true),
    documentation_url: typeof documentation === "string" ? documentation : null,
    broker_catalog_metadata: JSON.stringify(metadata ?? {}),
    plan_updateable: flag(wanted.planUpdateable),
    instances_retrievable: flag(wanted.instancesRetrievable),
    bindings_retrievable: flag(wanted.bindingsRetrievable),
    allow_context_updates: flag(wanted.allowContextUpdates),
  };
}

/** The event's data, with the names that CC's old API has for them. CC: models/services/service.rb, export_attributes */
function offeringChanges(changed: Partial<Offering>, wanted: CatalogOffering, createdBy: Broker | null): object {
  return {
    ...(changed.name === undefined ? {} : { label: wanted.name }),
    ...(changed.description === undefined ? {} : { description: wanted.description }),
    ...(changed.available === undefined ? {} : { active: wanted.plans.length > 0 }),
    ...(changed.bindable === undefined ? {} : { bindable: wanted.bindable }),
    ...(changed.broker_catalog_metadata === undefined ? {} : { extra: jsonOrNull(wanted.metadata) }),
    ...(changed.tags === undefined ? {} : { tags: wanted.tags }),
    ...(changed.requires === undefined ? {} : { requires: wanted.requires }),
    ...(changed.plan_updateable === undefined ? {} : { plan_updateable: wanted.planUpdateable }),
    ...(changed.bindings_retrievable === undefined ? {} : { bindings_retrievable: wanted.bindingsRetrievable }),
    ...(changed.instances_retrievable === undefined ? {} : { instances_retrievable: wanted.instancesRetrievable }),
    ...(changed.allow_context_updates === undefined ? {} : { allow_context_updates: wanted.allowContextUpdates }),
    ...(createdBy === null ? {} : { unique_id: wanted.id, service_broker_guid: createdBy.guid }),
  };
}

async function putPlans(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  broker: Broker,
  catalog: readonly CatalogOffering[],
  offerings: ReadonlyMap<string, Offering>,
  plans: readonly StoredPlan[],
): Promise<void> {
  const wanted = catalog.flatMap((offering) =>
    offering.plans.map((plan) => {
      const owner = offerings.get(offering.id)!;
      const isSame = (one: Plan): boolean =>
        one.broker_catalog_id === plan.id && one.service_offering_guid === owner.guid;
      return { plan, owner, stored: plans.find(isSame) };
    }),
  );
  const known = wanted.filter(({ stored }) => stored !== undefined);
  const names = new Map(plans.map((plan) => [plan.guid, nameKey(plan.service_offering_guid, plan.name)]));
  for (const { plan, owner, stored } of [...known, ...wanted.filter((one) => one.stored === undefined)]) {
    const key = nameKey(owner.guid, plan.name);
    const holder = [...names].find(([guid, name]) => name === key && guid !== stored?.guid);
    if (holder !== undefined) throw nameTaken(owner.name, plan.name);
    const put = await putPlan(api, trx, broker, owner, stored, plan);
    names.set(put.guid, key);
  }
}

function nameKey(offeringGuid: string, name: string): string {
  return `${offeringGuid} ${name.toLowerCase()}`;
}

function nameTaken(offering: string, plan: string): CcError {
  const text = `Plan names must be unique within a service. Service ${offering} already has a plan named ${plan}`;
  return new CcError("ServiceBrokerSyncFailed", [text]);
}

async function putPlan(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  broker: Broker,
  owner: Offering,
  stored: Plan | undefined,
  wanted: CatalogPlan,
): Promise<{ readonly guid: string }> {
  const columns = planColumns(wanted);
  const actor = brokerActor(broker);
  if (stored === undefined) {
    const made = await trx
      .insertInto("service_plans")
      .values({
        ...api.stamp(),
        ...columns,
        service_offering_guid: owner.guid,
        broker_catalog_id: wanted.id,
        visibility_type: broker.space_guid === null ? "admin" : "space",
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const data = { ...planChanges(columns, wanted), service_guid: owner.guid, unique_id: wanted.id, public: false };
    await recordCatalog(api, trx, "service_plan", "create", made, actor, data);
    return made;
  }
  const changed = differing(stored, columns);
  if (Object.keys(changed).length > 0) {
    await trx
      .updateTable("service_plans")
      .set({ ...changed, updated_at: api.nowMs() })
      .where("guid", "=", stored.guid)
      .execute();
  }
  const target = { guid: stored.guid, name: wanted.name };
  await recordCatalog(api, trx, "service_plan", "update", target, actor, planChanges(changed, wanted));
  return target;
}

function planColumns(wanted: CatalogPlan) {
  return {
    name: wanted.name,
    description: wanted.description,
    available: 1 as const,
    free: flag(wanted.free),
    costs: JSON.stringify(costsOf(wanted.metadata)),
    maintenance_info: JSON.stringify(wanted.maintenanceInfo ?? {}),
    broker_catalog_metadata: JSON.stringify(wanted.metadata ?? {}),
    maximum_polling_duration: wanted.maximumPollingDuration,
    bindable: wanted.bindable === null ? null : flag(wanted.bindable),
    plan_updateable: wanted.planUpdateable === null ? null : flag(wanted.planUpdateable),
    schemas: JSON.stringify(wanted.schemas),
  };
}

/** CC: models/services/service_plan.rb, export_attributes */
function planChanges(changed: Partial<Plan>, wanted: CatalogPlan): object {
  const { service_instance: instance, service_binding: binding } = wanted.schemas;
  return {
    ...(changed.name === undefined ? {} : { name: wanted.name }),
    ...(changed.free === undefined ? {} : { free: wanted.free }),
    ...(changed.description === undefined ? {} : { description: wanted.description }),
    ...(changed.broker_catalog_metadata === undefined ? {} : { extra: jsonOrNull(wanted.metadata) }),
    ...(changed.bindable === undefined ? {} : { bindable: wanted.bindable }),
    ...(changed.available === undefined ? {} : { active: true }),
    ...(changed.plan_updateable === undefined ? {} : { plan_updateable: wanted.planUpdateable }),
    ...(changed.maximum_polling_duration === undefined
      ? {}
      : { maximum_polling_duration: wanted.maximumPollingDuration }),
    ...(changed.maintenance_info === undefined ? {} : { maintenance_info: wanted.maintenanceInfo }),
    ...(changed.schemas === undefined
      ? {}
      : {
          create_instance_schema: jsonOrNull(instance?.create?.parameters ?? null),
          update_instance_schema: jsonOrNull(instance?.update?.parameters ?? null),
          create_binding_schema: jsonOrNull(binding?.create?.parameters ?? null),
        }),
  };
}

async function dropPlans(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  broker: Broker,
  catalog: readonly CatalogOffering[],
  plans: readonly StoredPlan[],
): Promise<readonly string[]> {
  const ids = new Set(catalog.flatMap((offering) => offering.plans.map(({ id }) => id)));
  const missing = plans.filter((plan) => !ids.has(plan.broker_catalog_id));
  if (missing.length === 0) return [];
  const guids = missing.map(({ guid }) => guid);
  const used = await trx
    .selectFrom("service_instances")
    .where("service_plan_guid", "in", guids)
    .select("service_plan_guid")
    .distinct()
    .execute();
  const isUsed = (plan: Plan): boolean => used.some((row) => row.service_plan_guid === plan.guid);
  for (const plan of missing) {
    if (isUsed(plan)) {
      await trx.updateTable("service_plans").set({ available: 0 }).where("guid", "=", plan.guid).execute();
      continue;
    }
    await deleteMetadata(trx, "service_plan", [plan.guid]);
    await trx.deleteFrom("service_plans").where("guid", "=", plan.guid).execute();
    await recordCatalog(api, trx, "service_plan", "delete", plan, brokerActor(broker));
  }
  const kept = missing.filter(isUsed).map((plan) => ({ offering: plan.offering_name, plan: plan.name }));
  return kept.length === 0 ? [] : [deactivationWarning(broker.url, kept)];
}

async function dropOfferings(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  broker: Broker,
  gone: readonly Offering[],
): Promise<void> {
  for (const offering of gone) {
    const plan = await trx
      .selectFrom("service_plans")
      .where("service_offering_guid", "=", offering.guid)
      .select("guid")
      .executeTakeFirst();
    if (plan !== undefined) continue;
    await deleteMetadata(trx, "service_offering", [offering.guid]);
    await trx.deleteFrom("service_offerings").where("guid", "=", offering.guid).execute();
    await recordCatalog(api, trx, "service", "delete", offering, brokerActor(broker));
  }
}

/** The wanted columns that differ from the stored ones. */
function differing<T extends object>(stored: T, wanted: Partial<T>): Partial<T> {
  const entries = Object.entries(wanted).filter(([column, value]) => stored[column as keyof T] !== value);
  return Object.fromEntries(entries) as Partial<T>;
}

function flag(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
