import { openDatabase } from "../../../kit/database.ts";
import { CC_MIGRATIONS } from "../store/migrations.ts";
import type { CcDatabase } from "../store/schema.ts";
import type { TestCc } from "./boot-cc.ts";
import type { FakeBroker } from "./fake-broker.ts";

/** Puts the broker and its catalog into the database, with plans that are public. Gives the plans' guids by their names. */
export async function offerCatalog(cc: TestCc, broker: FakeBroker): Promise<ReadonlyMap<string, string>> {
  const flag = (value: unknown): 0 | 1 => (value === true ? 1 : 0);
  const json = (value: unknown, otherwise: unknown): string => JSON.stringify(value ?? otherwise);
  const times = { created_at: 0, updated_at: 0 };
  const plans = new Map<string, string>();
  await using database = await openDatabase<CcDatabase>(cc.database, CC_MIGRATIONS);
  const { db } = database;
  {
    const password = { auth_username: "cc", auth_password: "secret" };
    const row = { name: "broker", url: broker.url, space_guid: null, state: "AVAILABLE" };
    await db
      .insertInto("service_brokers")
      .values({ guid: "broker-guid", ...times, ...row, ...password })
      .execute();
    for (const offering of broker.services) {
      const guid = `offering-${offering.id}`;
      await db
        .insertInto("service_offerings")
        .values({
          ...times,
          guid,
          name: offering.name,
          service_broker_guid: "broker-guid",
          description: "",
          available: 1,
          bindable: flag(offering["bindable"]),
          tags: json(offering["tags"], []),
          requires: json(offering["requires"], []),
          shareable: flag((offering["metadata"] as { shareable?: boolean } | undefined)?.shareable),
          documentation_url: null,
          broker_catalog_id: offering.id,
          broker_catalog_metadata: "{}",
          plan_updateable: flag(offering["plan_updateable"]),
          instances_retrievable: flag(offering["instances_retrievable"]),
          bindings_retrievable: flag(offering["bindings_retrievable"]),
          allow_context_updates: flag(offering["allow_context_updates"]),
        })
        .execute();
      for (const one of offering["plans"] as Record<string, unknown>[]) {
        const id = String(one["id"]);
        plans.set(id, `plan-${id}`);
        await db
          .insertInto("service_plans")
          .values({
            ...times,
            guid: `plan-${id}`,
            name: id,
            service_offering_guid: guid,
            description: "",
            visibility_type: "public",
            available: 1,
            free: flag(one["free"]),
            costs: "[]",
            maintenance_info: json(one["maintenance_info"], {}),
            broker_catalog_id: id,
            broker_catalog_metadata: "{}",
            maximum_polling_duration: (one["maximum_polling_duration"] as number | undefined) ?? null,
            bindable: one["bindable"] === undefined ? null : flag(one["bindable"]),
            plan_updateable: null,
            schemas: "{}",
          })
          .execute();
      }
    }
  }
  return plans;
}
