import { type Access, ORGANIZATION_READERS, SPACE_MEMBERS } from "../../access.ts";
import { organizationRoleGuids, spaceGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import type { Caller } from "../../api/request.ts";
import { CcError } from "../../errors.ts";

/** Throws for callers without token when an operator hides the marketplace from them. CC: mixins/service_permissions.rb */
export async function requireMarketplace(api: CcApi, caller: Caller | null, access: Access): Promise<void> {
  if (caller !== null) return;
  const hidden = await api.featureFlags.enabled("hide_marketplace_from_unauthenticated_users", access);
  if (hidden) throw new CcError("NotAuthenticated");
}

/** Who looks, and at which organizations and spaces he wants to look (null: all). */
export interface PlanFilter {
  readonly caller: Caller | null;
  readonly access: Access;
  readonly organizationGuids: readonly string[] | null;
  readonly spaceGuids: readonly string[] | null;
}

/**
 * A subquery of the guids of the plans that the caller may use: public ones, those opened to his organizations, those of brokers in his
 * spaces. Null when there is nothing to narrow. CC: fetchers/base_service_list_fetcher.rb
 */
export function visiblePlans(api: CcApi, { caller, access, organizationGuids, spaceGuids }: PlanFilter) {
  const everything = access.readsAll && organizationGuids === null && spaceGuids === null;
  if (everything) return null;
  const plans = api.db
    .selectFrom("service_plans as plan")
    .innerJoin("service_offerings as offering", "offering.guid", "plan.service_offering_guid")
    .innerJoin("service_brokers as broker", "broker.guid", "offering.service_broker_guid")
    .leftJoin("service_plan_visibilities as opened", "opened.service_plan_guid", "plan.guid")
    .select("plan.guid");
  if (caller === null) return plans.where("plan.visibility_type", "=", "public");
  return plans.where((eb) => {
    const organizations = [
      ...(access.readsAll
        ? []
        : [eb("opened.organization_guid", "in", organizationRoleGuids(api.db, access, ORGANIZATION_READERS))]),
      ...(organizationGuids === null ? [] : [eb("opened.organization_guid", "in", organizationGuids)]),
      ...(spaceGuids === null
        ? []
        : [
            eb(
              "opened.organization_guid",
              "in",
              eb.selectFrom("spaces").where("spaces.guid", "in", spaceGuids).select("spaces.organization_guid"),
            ),
          ]),
      eb("opened.organization_guid", "is not", null),
    ];
    const spaces = [
      ...(access.readsAll ? [] : [eb("broker.space_guid", "in", spaceGuidsWith(api.db, access, SPACE_MEMBERS))]),
      ...(spaceGuids === null ? [] : [eb("broker.space_guid", "in", spaceGuids)]),
      ...(organizationGuids === null
        ? []
        : [
            eb(
              "broker.space_guid",
              "in",
              eb.selectFrom("spaces").where("spaces.organization_guid", "in", organizationGuids).select("spaces.guid"),
            ),
          ]),
      eb("broker.space_guid", "is not", null),
    ];
    return eb.or([eb("plan.visibility_type", "=", "public"), eb.and(organizations), eb.and(spaces)]);
  });
}
