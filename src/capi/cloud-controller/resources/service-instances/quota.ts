import { type Kysely, sql } from "kysely";
import { CcError, unprocessable } from "../../errors.ts";
import type { CcDatabase, QuotaColumns } from "../../store/schema.ts";

type ServiceLimits = Pick<QuotaColumns, "total_service_instances" | "total_service_keys" | "paid_services_allowed">;

const USED = sql<number>`count(*)`.as("used");

/** Limits of space and organization; a space without quota has none. Read and write in one transaction, so that nobody overtakes. */
async function limitsOf(
  trx: Kysely<CcDatabase>,
  spaceGuid: string,
): Promise<{ organizationGuid: string; space: ServiceLimits | null; organization: ServiceLimits | null }> {
  const columns = ["total_service_instances", "total_service_keys", "paid_services_allowed"] as const;
  const place = await trx
    .selectFrom("spaces")
    .innerJoin("organizations", "organizations.guid", "spaces.organization_guid")
    .where("spaces.guid", "=", spaceGuid)
    .select(["organizations.guid", "organizations.quota_guid", "spaces.space_quota_guid"])
    .executeTakeFirstOrThrow();
  const organization = await trx
    .selectFrom("organization_quotas")
    .where("guid", "=", place.quota_guid)
    .select(columns)
    .executeTakeFirst();
  const space =
    place.space_quota_guid === null
      ? undefined
      : await trx
          .selectFrom("space_quotas")
          .where("guid", "=", place.space_quota_guid)
          .select(columns)
          .executeTakeFirst();
  return { organizationGuid: place.guid, space: space ?? null, organization: organization ?? null };
}

/**
 * Throws when one more managed instance breaks a quota of its space or organization. CC: mixins/service_instance_create.rb,
 * max_service_instance_policy.rb
 */
export async function requireInstanceQuota(trx: Kysely<CcDatabase>, spaceGuid: string): Promise<void> {
  const { space, organization, organizationGuid } = await limitsOf(trx, spaceGuid);
  const managed = trx.selectFrom("service_instances").where("type", "=", "managed");
  if (isLimit(space?.total_service_instances)) {
    const { used } = await managed.where("space_guid", "=", spaceGuid).select(USED).executeTakeFirstOrThrow();
    if (used + 1 > space!.total_service_instances) throw new CcError("ServiceInstanceSpaceQuotaExceeded");
  }
  if (isLimit(organization?.total_service_instances)) {
    const spaces = trx.selectFrom("spaces").where("organization_guid", "=", organizationGuid).select("guid");
    const { used } = await managed.where("space_guid", "in", spaces).select(USED).executeTakeFirstOrThrow();
    if (used + 1 > organization!.total_service_instances) throw new CcError("ServiceInstanceQuotaExceeded");
  }
}

/** Throws when space or organization may not use plans that cost. CC: paid_service_instance_policy.rb */
export async function requirePaidPlan(
  trx: Kysely<CcDatabase>,
  spaceGuid: string,
  plan: { readonly free: 0 | 1 },
): Promise<void> {
  if (plan.free === 1) return;
  const { space, organization } = await limitsOf(trx, spaceGuid);
  if (space?.paid_services_allowed === 0) throw new CcError("ServiceInstanceServicePlanNotAllowedBySpaceQuota");
  if (organization?.paid_services_allowed === 0) throw new CcError("ServiceInstanceServicePlanNotAllowed");
}

/** Throws when one more key breaks a quota. CC: mixins/service_credential_binding_validation_create.rb */
export async function requireKeyQuota(trx: Kysely<CcDatabase>, spaceGuid: string): Promise<void> {
  const { space, organization, organizationGuid } = await limitsOf(trx, spaceGuid);
  const keys = trx
    .selectFrom("service_credential_bindings as key")
    .innerJoin("service_instances as instance", "instance.guid", "key.service_instance_guid")
    .where("key.type", "=", "key");
  if (isLimit(space?.total_service_keys)) {
    const { used } = await keys.where("instance.space_guid", "=", spaceGuid).select(USED).executeTakeFirstOrThrow();
    if (used + 1 > space!.total_service_keys) {
      throw unprocessable("You have exceeded your space's limit for service binding of type key.");
    }
  }
  if (isLimit(organization?.total_service_keys)) {
    const spaces = trx.selectFrom("spaces").where("organization_guid", "=", organizationGuid).select("spaces.guid");
    const { used } = await keys.where("instance.space_guid", "in", spaces).select(USED).executeTakeFirstOrThrow();
    if (used + 1 > organization!.total_service_keys) {
      throw unprocessable("You have exceeded your organization's limit for service binding of type key.");
    }
  }
}

function isLimit(limit: number | undefined): boolean {
  return limit !== undefined && limit >= 0;
}
