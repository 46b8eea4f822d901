import type { Kysely } from "kysely";
import { deleteMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";

/** Deletes an offering with its plans, inside the caller's transaction, and gives the plans. Their instances must be gone. */
export async function deleteOfferings(
  trx: Kysely<CcDatabase>,
  offeringGuid: string,
): Promise<readonly { readonly guid: string; readonly name: string }[]> {
  const plans = await trx
    .selectFrom("service_plans")
    .where("service_offering_guid", "=", offeringGuid)
    .orderBy("id")
    .select(["guid", "name"])
    .execute();
  await deleteMetadata(
    trx,
    "service_plan",
    plans.map(({ guid }) => guid),
  );
  await deleteMetadata(trx, "service_offering", [offeringGuid]);
  await trx.deleteFrom("service_plans").where("service_offering_guid", "=", offeringGuid).execute();
  await trx.deleteFrom("service_offerings").where("guid", "=", offeringGuid).execute();
  return plans;
}
