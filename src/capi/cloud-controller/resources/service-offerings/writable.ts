import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { findSpace } from "../../visible.ts";

/** Operators, and the developers of the space that a broker belongs to. CC: mixins/service_permissions.rb, current_user_can_write? */
export async function mayChangeCatalogOf(api: CcApi, { access }: CcRequest, offeringGuid: string): Promise<boolean> {
  if (access.admin) return true;
  const broker = await api.db
    .selectFrom("service_offerings as offering")
    .innerJoin("service_brokers as broker", "broker.guid", "offering.service_broker_guid")
    .where("offering.guid", "=", offeringGuid)
    .select("broker.space_guid")
    .executeTakeFirst();
  if (broker === undefined || broker.space_guid === null) return false;
  const space = await findSpace(api, access, broker.space_guid);
  return space !== null && access.canWriteSpace(space);
}
