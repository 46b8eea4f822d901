import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { MetadataChange } from "../../validation.ts";
import { mitigateOrphanedInstance } from "../service-credential-bindings/orphans.ts";
import { recordServiceUsage } from "../service-usage-events/record.ts";
import { deleteInstanceRows } from "./delete-rows.ts";
import { isCreateFailed, operation } from "./last-operation.ts";
import type { PlanWithBroker } from "./managed.ts";
import { isInstanceNameTaken } from "./names.ts";
import { requireInstanceQuota, requirePaidPlan } from "./quota.ts";
import type { ServiceInstance } from "./readable.ts";

export interface ManagedWanted {
  readonly name: string;
  readonly tags: readonly string[];
  readonly metadata: MetadataChange | undefined;
}

/**
 * Writes down, inside the caller's transaction, that an instance is to be created; its broker is asked by a job. A failed instance of the
 * same name gives way. Throws quota errors, and UnprocessableEntity for a taken name. CC: service_instance_create_managed.rb, precursor
 */
export async function insertManaged(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  space: { readonly guid: string },
  { plan, broker }: PlanWithBroker,
  wanted: ManagedWanted,
): Promise<ServiceInstance> {
  if (broker.state !== "" && broker.state !== "AVAILABLE") {
    throw unprocessable(
      "The service instance cannot be created because there is an operation in progress for the service broker.",
    );
  }
  const name = wanted.name.trim();
  const before = await trx
    .selectFrom("service_instances")
    .where("space_guid", "=", space.guid)
    .where("name", "=", name)
    .where("type", "=", "managed")
    .selectAll()
    .executeTakeFirst();
  if (before !== undefined && isCreateFailed(before)) {
    await mitigateOrphanedInstance(api, trx, before);
    await deleteInstanceRows(api, trx, before.guid);
  }
  await requireInstanceQuota(trx, space.guid);
  await requirePaidPlan(trx, space.guid, plan);
  if (await isInstanceNameTaken(trx, space.guid, name)) {
    throw unprocessable(`The service instance name is taken: ${wanted.name}.`);
  }
  const instance = await trx
    .insertInto("service_instances")
    .values({
      ...api.stamp(),
      name,
      type: "managed",
      space_guid: space.guid,
      service_plan_guid: plan.guid,
      tags: JSON.stringify(wanted.tags),
      credentials: "{}",
      syslog_drain_url: null,
      route_service_url: null,
      dashboard_url: null,
      maintenance_info: plan.maintenance_info,
      broker_provided_metadata: null,
      parameters: "{}",
      last_operation: operation("create", "initial", api.nowMs()),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await changeMetadata(trx, "service_instance", instance.guid, wanted.metadata, api.config.limits);
  await recordServiceUsage(api, trx, instance.guid, "CREATED");
  return instance;
}
