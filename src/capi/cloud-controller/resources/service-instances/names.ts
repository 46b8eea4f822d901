import type { Kysely } from "kysely";
import type { CcDatabase } from "../../store/schema.ts";

/**
 * Whether a space has another instance of this name, its own or one shared into it. Ask and write in one transaction.
 * CC: models/services/service_instance.rb, name_clashes
 */
export async function isInstanceNameTaken(
  trx: Kysely<CcDatabase>,
  spaceGuid: string,
  name: string,
  exceptGuid = "",
): Promise<boolean> {
  const shared = trx
    .selectFrom("service_instance_shares")
    .where("space_guid", "=", spaceGuid)
    .select("service_instance_guid");
  const clash = await trx
    .selectFrom("service_instances")
    .where("name", "=", name)
    .where("guid", "<>", exceptGuid)
    .where((eb) => eb.or([eb("space_guid", "=", spaceGuid), eb("guid", "in", shared)]))
    .select("guid")
    .executeTakeFirst();
  return clash !== undefined;
}
