import { z } from "zod";
import { noContent, ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import { metadata, parseBody } from "../../validation.ts";
import { recordCatalog } from "../service-brokers/events.ts";
import { purgeInstance } from "../service-instances/purge.ts";
import { deleteOfferings } from "./delete-rows.ts";
import { presentOfferings, type ServiceOffering } from "./present.ts";
import { mayChangeCatalogOf } from "./writable.ts";

const METADATA_BODY = z.strictObject({ metadata: metadata() });

/** Registers PATCH and DELETE of an offering. `isVisible` decides between 403 and 404. */
export function offeringChanges(api: CcApi, isVisible: (request: CcRequest, guid: string) => Promise<boolean>): void {
  const changeable = async (request: CcRequest): Promise<ServiceOffering> => {
    const guid = request.params["guid"]!;
    const offering = await api.db
      .selectFrom("service_offerings")
      .where("guid", "=", guid)
      .selectAll()
      .executeTakeFirst();
    if (offering === undefined) throw notFound("Service offering");
    if (await mayChangeCatalogOf(api, request, guid)) return offering;
    throw (await isVisible(request, guid)) ? notAuthorized() : notFound("Service offering");
  };
  api.patch("/v3/service_offerings/:guid", async (request) => {
    const offering = await changeable(request);
    const body = parseBody(METADATA_BODY, request.body);
    await api.transaction((trx) =>
      changeMetadata(trx, "service_offering", offering.guid, body.metadata, api.config.limits),
    );
    const [document] = await presentOfferings(api, [offering]);
    return ok(document!);
  });
  api.delete("/v3/service_offerings/:guid", async (request) => {
    const purge = purgeOf(request);
    const offering = await changeable(request);
    await (purge ? purgeOffering(api, request, offering) : deleteOffering(api, request, offering));
    return noContent();
  });
}

/** CC: messages/purge_message.rb */
function purgeOf({ query }: CcRequest): boolean {
  const unknown = Object.keys(query).filter((name) => name !== "purge");
  if (unknown.length > 0) {
    throw new CcError("BadQueryParameter", [
      `Unknown query parameter(s): '${unknown.join("', '")}'. Valid parameters are: 'purge'`,
    ]);
  }
  const { purge } = query;
  if (purge !== undefined && purge !== "true" && purge !== "false") {
    throw new CcError("BadQueryParameter", ["Purge must be 'true' or 'false'"]);
  }
  return purge === "true";
}

async function deleteOffering(api: CcApi, { caller }: CcRequest, offering: ServiceOffering): Promise<void> {
  await api.transaction(async (trx) => {
    const plan = await trx
      .selectFrom("service_plans")
      .where("service_offering_guid", "=", offering.guid)
      .select("guid")
      .executeTakeFirst();
    if (plan !== undefined) {
      throw unprocessable("Please delete the service_plans associations for your services.");
    }
    await deleteOfferings(trx, offering.guid);
    await recordCatalog(api, trx, "service", "delete", offering, actorOf(caller), { request: {} });
  });
}

/** Forgets instances, bindings, plans and the offering without asking the broker. CC: models/services/service.rb, purge */
async function purgeOffering(api: CcApi, { caller }: CcRequest, offering: ServiceOffering): Promise<void> {
  const actor = actorOf(caller);
  const routed = await api.transaction(async (trx) => {
    const plans = trx.selectFrom("service_plans").where("service_offering_guid", "=", offering.guid).select("guid");
    const instances = await trx
      .selectFrom("service_instances")
      .where("service_plan_guid", "in", plans)
      .orderBy("id")
      .selectAll()
      .execute();
    const processes: string[] = [];
    for (const instance of instances) processes.push(...(await purgeInstance(api, trx, instance, actor)));
    await deleteOfferings(trx, offering.guid);
    await recordCatalog(api, trx, "service", "delete", offering, actor, { request: { purge: true } });
    return processes;
  });
  api.hooks.processRoutingChanged(routed);
}
