import { z } from "zod";
import { noContent, ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { changeMetadata, deleteMetadata } from "../../metadata.ts";
import { metadata, parseBody } from "../../validation.ts";
import { recordCatalog } from "../service-brokers/events.ts";
import { mayChangeCatalogOf } from "../service-offerings/writable.ts";
import { presentPlans, type ServicePlan } from "./present.ts";

const METADATA_BODY = z.strictObject({ metadata: metadata() });

/** Registers PATCH and DELETE of a plan. `isVisible` decides between 403 and 404. */
export function planChanges(api: CcApi, isVisible: (request: CcRequest, guid: string) => Promise<boolean>): void {
  const changeable = async (request: CcRequest): Promise<ServicePlan> => {
    const guid = request.params["guid"]!;
    const plan = await api.db.selectFrom("service_plans").where("guid", "=", guid).selectAll().executeTakeFirst();
    if (plan === undefined) throw notFound("Service plan");
    if (await mayChangeCatalogOf(api, request, plan.service_offering_guid)) return plan;
    throw (await isVisible(request, guid)) ? notAuthorized() : notFound("Service plan");
  };
  api.patch("/v3/service_plans/:guid", async (request) => {
    const plan = await changeable(request);
    const body = parseBody(METADATA_BODY, request.body);
    await api.transaction((trx) => changeMetadata(trx, "service_plan", plan.guid, body.metadata, api.config.limits));
    const [document] = await presentPlans(api, [plan]);
    return ok(document!);
  });
  api.delete("/v3/service_plans/:guid", async (request) => {
    const plan = await changeable(request);
    await api.transaction(async (trx) => {
      const instance = await trx
        .selectFrom("service_instances")
        .where("service_plan_guid", "=", plan.guid)
        .select("guid")
        .executeTakeFirst();
      if (instance !== undefined) {
        throw unprocessable("Please delete the service_instances associations for your service_plans.");
      }
      await deleteMetadata(trx, "service_plan", [plan.guid]);
      await trx.deleteFrom("service_plans").where("guid", "=", plan.guid).execute();
      await recordCatalog(api, trx, "service_plan", "delete", plan, actorOf(request.caller), { request: {} });
    });
    return noContent();
  });
}
