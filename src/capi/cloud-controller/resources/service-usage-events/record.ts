import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { CcDatabase, ServiceUsageEventsTable } from "../../store/schema.ts";

/** Instances with all that their usage events tell; of user-provided ones the last six columns are null. */
export function instancesWithPlaces(db: Kysely<CcDatabase>) {
  return db
    .selectFrom("service_instances as instance")
    .innerJoin("spaces as space", "space.guid", "instance.space_guid")
    .leftJoin("service_plans as plan", "plan.guid", "instance.service_plan_guid")
    .leftJoin("service_offerings as offering", "offering.guid", "plan.service_offering_guid")
    .leftJoin("service_brokers as broker", "broker.guid", "offering.service_broker_guid")
    .select([
      "instance.type",
      "space.organization_guid",
      "space.guid as space_guid",
      "space.name as space_name",
      "instance.guid as service_instance_guid",
      "instance.name as service_instance_name",
      "plan.guid as service_plan_guid",
      "plan.name as service_plan_name",
      "offering.guid as service_offering_guid",
      "offering.name as service_offering_name",
      "broker.guid as service_broker_guid",
      "broker.name as service_broker_name",
    ]);
}

/** How billing systems know the kinds. CC: models/services/service_instance.rb, type */
export function usageType(type: "managed" | "user-provided"): ServiceUsageEventsTable["service_instance_type"] {
  return type === "managed" ? "managed_service_instance" : "user_provided_service_instance";
}

/**
 * Tells billing systems of an instance as it stands, inside the transaction of the change: after a creation or change of name or plan,
 * before a deletion. CC: repositories/service_usage_event_repository.rb
 */
export async function recordServiceUsage(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  instanceGuid: string,
  state: ServiceUsageEventsTable["state"],
): Promise<void> {
  const row = await instancesWithPlaces(trx).where("instance.guid", "=", instanceGuid).executeTakeFirst();
  if (row === undefined) return;
  const { type, ...values } = row;
  await trx
    .insertInto("service_usage_events")
    .values({ ...api.stamp(), ...values, service_instance_type: usageType(type), state })
    .execute();
}
