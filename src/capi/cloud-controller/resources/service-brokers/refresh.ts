import type { Kysely, Selectable } from "kysely";
import { isBrokerError } from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import type { CcDatabase, ServiceBrokersTable } from "../../store/schema.ts";
import { type CatalogOffering, incompatibilities, type KnownCatalog, readCatalog } from "./catalog.ts";
import { type CatalogErrors, formatCatalogErrors, type Json } from "./catalog-errors.ts";
import { syncDashboardClients } from "./dashboard-clients.ts";

export type ServiceBroker = Selectable<ServiceBrokersTable>;

/**
 * Asks the broker for its catalog, judges it, and makes the UAA's dashboard clients fit. Gives what is to be stored. Throws the CC error of
 * whatever is wrong. CC: jobs/v3/services/service_broker_catalog_updater.rb
 */
export async function fetchCatalog(
  api: CcApi,
  broker: ServiceBroker,
  userGuid: string,
  signal: AbortSignal,
): Promise<readonly CatalogOffering[]> {
  const document = await askCatalog(api, broker, userGuid, signal);
  const { offerings, errors } = readCatalog(document, await knownCatalog(api.db, broker));
  if (!errors.isEmpty) throw invalid(errors);
  const unsupported = incompatibilities(offerings, api.config.limits);
  if (!unsupported.isEmpty) throw new CcError("ServiceBrokerCatalogIncompatible", [formatCatalogErrors(unsupported)]);
  const clientErrors = await syncDashboardClients(api, broker, offerings, signal);
  if (clientErrors !== null) throw invalid(clientErrors);
  return offerings;
}

function invalid(errors: CatalogErrors): CcError {
  return new CcError("ServiceBrokerCatalogInvalid", [formatCatalogErrors(errors)]);
}

async function askCatalog(api: CcApi, broker: ServiceBroker, userGuid: string, signal: AbortSignal): Promise<Json> {
  const access = { url: broker.url, username: broker.auth_username, password: broker.auth_password };
  try {
    return await api.deps.brokers.catalog({ broker: access, userGuid, signal });
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    const cause = { cause: error };
    if (error.type === "ServiceBrokerResponseMalformed") throw new CcError("ServiceBrokerRequestMalformed", [], cause);
    if (error.type === "ServiceBrokerRequestRejected") {
      throw new CcError("ServiceBrokerRequestRejected", [statusText(error.status)], cause);
    }
    throw error;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  412: "Precondition Failed",
  418: "I'm a Teapot",
  429: "Too Many Requests",
};

function statusText(status: number | null): string {
  const reason = REASONS[status ?? 0];
  return reason === undefined ? String(status ?? "") : `${status} ${reason}`;
}

async function knownCatalog(db: Kysely<CcDatabase>, broker: ServiceBroker): Promise<KnownCatalog> {
  const plans = await db
    .selectFrom("service_plans as plan")
    .innerJoin("service_offerings as offering", "offering.guid", "plan.service_offering_guid")
    .where("offering.service_broker_guid", "=", broker.guid)
    .select(["plan.guid", "plan.name", "plan.broker_catalog_id as id", "offering.name as offeringName"])
    .select("offering.broker_catalog_id as offeringId")
    .execute();
  const used = await db
    .selectFrom("service_instances as instance")
    .innerJoin("service_plans as plan", "plan.guid", "instance.service_plan_guid")
    .innerJoin("service_offerings as offering", "offering.guid", "plan.service_offering_guid")
    .where("offering.service_broker_guid", "=", broker.guid)
    .select("offering.guid")
    .distinct()
    .execute();
  const offerings = await db
    .selectFrom("service_offerings")
    .where("service_broker_guid", "=", broker.guid)
    .select(["guid", "name", "broker_catalog_id as id"])
    .execute();
  return {
    brokerName: broker.name,
    plans,
    offerings: offerings.map(({ guid, name, id }) => ({
      id,
      name,
      hasInstances: used.some((one) => one.guid === guid),
    })),
  };
}
