import type { Kysely, Selectable } from "kysely";
import type {
  CcDatabase,
  OrganizationsTable,
  ServiceBrokersTable,
  ServiceOfferingsTable,
  ServicePlansTable,
  SpacesTable,
} from "../../store/schema.ts";
import type { ServiceInstance } from "./readable.ts";

export interface PlanWithBroker {
  readonly plan: Selectable<ServicePlansTable>;
  readonly offering: Selectable<ServiceOfferingsTable>;
  readonly broker: Selectable<ServiceBrokersTable>;
}

/** A managed instance with everything that its broker is told. */
export interface ManagedInstance extends PlanWithBroker {
  readonly instance: ServiceInstance;
  readonly space: Selectable<SpacesTable>;
  readonly organization: Selectable<OrganizationsTable>;
}

/** The plan with its offering and broker; null when it is gone. */
export async function planWithBroker(db: Kysely<CcDatabase>, planGuid: string): Promise<PlanWithBroker | null> {
  const plan = await db.selectFrom("service_plans").where("guid", "=", planGuid).selectAll().executeTakeFirst();
  if (plan === undefined) return null;
  const offering = await db
    .selectFrom("service_offerings")
    .where("guid", "=", plan.service_offering_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  const broker = await db
    .selectFrom("service_brokers")
    .where("guid", "=", offering.service_broker_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  return { plan, offering, broker };
}

/** Null when the instance is gone, or is a user-provided one. */
export async function managedInstance(db: Kysely<CcDatabase>, guid: string): Promise<ManagedInstance | null> {
  const instance = await db.selectFrom("service_instances").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (instance === undefined || instance.service_plan_guid === null) return null;
  const catalog = await planWithBroker(db, instance.service_plan_guid);
  if (catalog === null) return null;
  const space = await db
    .selectFrom("spaces")
    .where("guid", "=", instance.space_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  const organization = await db
    .selectFrom("organizations")
    .where("guid", "=", space.organization_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  return { ...catalog, instance, space, organization };
}

/** Those of the instances that are managed, by guid. */
export async function managedAmong(db: Kysely<CcDatabase>, guids: readonly string[]): Promise<ReadonlySet<string>> {
  if (guids.length === 0) return new Set();
  const rows = await db
    .selectFrom("service_instances")
    .where("guid", "in", guids)
    .where("type", "=", "managed")
    .select("guid")
    .execute();
  return new Set(rows.map(({ guid }) => guid));
}

/** The lane of a broker's jobs: what hangs in one holds up no other. */
export function laneOf(broker: { readonly guid: string }): string {
  return `broker:${broker.guid}`;
}

/** CC: models/services/service_plan.rb, bindable? */
export function isBindable({ plan, offering }: PlanWithBroker): boolean {
  return (plan.bindable ?? offering.bindable) === 1;
}

/** CC: models/services/service_plan.rb, plan_updateable? */
export function isPlanUpdateable({ plan, offering }: PlanWithBroker): boolean {
  return (plan.plan_updateable ?? offering.plan_updateable) === 1;
}

export function requiresOf({ offering }: Pick<PlanWithBroker, "offering">): readonly string[] {
  return JSON.parse(offering.requires) as string[];
}
