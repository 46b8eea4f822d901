import type { Kysely } from "kysely";
import { unprocessable } from "../../errors.ts";
import { type LimitColumns, reservedPortsFit } from "../../quota-body.ts";
import type { CcDatabase } from "../../store/schema.ts";

/** A space may reserve no more ports than it has routes, nor than its organization. CC: models/runtime/space_quota_definition.rb */
export async function requireReservedPorts(
  trx: Kysely<CcDatabase>,
  organizationQuotaGuid: string,
  columns: Pick<LimitColumns, "total_routes" | "total_reserved_ports">,
): Promise<void> {
  const quota = await trx
    .selectFrom("organization_quotas")
    .where("guid", "=", organizationQuotaGuid)
    .select("total_reserved_ports")
    .executeTakeFirst();
  const most = quota?.total_reserved_ports ?? -1;
  if (reservedPortsFit(columns) && (most === -1 || columns.total_reserved_ports <= most)) return;
  throw unprocessable(
    "Total reserved ports must be -1, 0, or a positive integer, must be less than or equal to total routes, and must be less than or equal to total reserved ports for the organization quota.",
  );
}
