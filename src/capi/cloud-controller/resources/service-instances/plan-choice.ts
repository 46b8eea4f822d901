import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { unprocessable } from "../../errors.ts";
import { visiblePlans } from "../service-offerings/marketplace.ts";
import { type PlanWithBroker, planWithBroker } from "./managed.ts";

/**
 * The plan that somebody wants to use in a space. Throws UnprocessableEntity when it does not exist, is not his to see, was taken
 * from the catalog, or is not open to the space. CC: service_instances_controller.rb, create_managed
 */
export async function choosePlan(
  api: CcApi,
  { callerOrNull: caller, access }: Pick<CcRequest, "callerOrNull" | "access">,
  planGuid: string,
  space: { readonly guid: string; readonly name: string; readonly organization_guid: string },
): Promise<PlanWithBroker> {
  const chosen = await planWithBroker(api.db, planGuid);
  const everywhere = { caller, access, organizationGuids: null, spaceGuids: null };
  if (chosen === null || !(await includes(api, visiblePlans(api, everywhere), planGuid))) {
    throw unprocessable(
      "Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.",
    );
  }
  const { plan } = chosen;
  if (plan.available === 0) {
    throw unprocessable(
      `Invalid service plan. The service plan '${plan.name}' with guid '${plan.guid}' has been removed from the service broker's catalog. It is not possible to create new service instances using this plan.`,
    );
  }
  if (!(await isVisibleInSpace(api, chosen, space))) {
    throw unprocessable(
      `Invalid service plan. This could be due to a space-scoped broker which is offering the service plan '${plan.name}' with guid '${plan.guid}' in another space or that the plan is not enabled in this organization. Ensure that the service plan is visible in your current space '${space.name}' with guid '${space.guid}'.`,
    );
  }
  return chosen;
}

/** Public, opened to the organization, or of the space's own broker; and still in the catalog. CC: service_plan.rb, visible_in_space? */
export async function isVisibleInSpace(
  api: CcApi,
  { plan, broker }: PlanWithBroker,
  space: { readonly guid: string; readonly organization_guid: string },
): Promise<boolean> {
  if (plan.available === 0) return false;
  if (plan.visibility_type === "public" || broker.space_guid === space.guid) return true;
  const opened = await api.db
    .selectFrom("service_plan_visibilities")
    .where("service_plan_guid", "=", plan.guid)
    .where("organization_guid", "=", space.organization_guid)
    .select("service_plan_guid")
    .executeTakeFirst();
  return opened !== undefined;
}

async function includes(api: CcApi, visible: ReturnType<typeof visiblePlans>, planGuid: string): Promise<boolean> {
  if (visible === null) return true;
  const found = await api.db
    .selectFrom("service_plans")
    .where("guid", "=", planGuid)
    .where("guid", "in", visible)
    .select("guid")
    .executeTakeFirst();
  return found !== undefined;
}
