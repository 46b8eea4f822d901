import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { CcError } from "../../errors.ts";
import { deleteMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { deleteOfferings } from "../service-offerings/delete-rows.ts";
import { syncDashboardClients } from "./dashboard-clients.ts";
import { brokerActor, recordBroker, recordCatalog } from "./events.ts";

/** Whether anybody uses a plan of the broker. */
export async function hasInstances(db: Kysely<CcDatabase>, brokerGuid: string): Promise<boolean> {
  const instance = await db
    .selectFrom("service_instances as instance")
    .innerJoin("service_plans as plan", "plan.guid", "instance.service_plan_guid")
    .innerJoin("service_offerings as offering", "offering.guid", "plan.service_offering_guid")
    .where("offering.service_broker_guid", "=", brokerGuid)
    .select("instance.guid")
    .executeTakeFirst();
  return instance !== undefined;
}

/**
 * Forgets a broker with its offerings, plans and dashboard clients; one that is gone already is fine. Throws ServiceBrokerNotRemovable
 * when it has instances. The broker is not asked.
 */
export async function removeBroker(api: CcApi, guid: string, actor: Actor, signal: AbortSignal): Promise<void> {
  const broker = await api.db.selectFrom("service_brokers").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (broker === undefined) return;
  if (await hasInstances(api.db, guid)) throw new CcError("ServiceBrokerNotRemovable", [broker.name]);
  await syncDashboardClients(api, broker, [], signal);
  await api.transaction(async (trx) => {
    if (await hasInstances(trx, guid)) throw new CcError("ServiceBrokerNotRemovable", [broker.name]);
    const offerings = await trx
      .selectFrom("service_offerings")
      .where("service_broker_guid", "=", guid)
      .orderBy("id")
      .select(["guid", "name"])
      .execute();
    for (const offering of offerings) {
      const plans = await deleteOfferings(trx, offering.guid);
      for (const plan of plans) await recordCatalog(api, trx, "service_plan", "delete", plan, brokerActor(broker));
      await recordCatalog(api, trx, "service", "delete", offering, brokerActor(broker));
    }
    await trx.deleteFrom("service_dashboard_clients").where("service_broker_guid", "=", guid).execute();
    await deleteMetadata(trx, "service_broker", [guid]);
    await trx.deleteFrom("service_brokers").where("guid", "=", guid).execute();
    await recordBroker(api, trx, "delete", broker, actor, {});
  });
}
