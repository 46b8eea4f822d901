import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { CatalogOffering, DashboardClient } from "./catalog.ts";
import { CatalogErrors } from "./catalog-errors.ts";
import { brokerActor } from "./events.ts";

interface Broker {
  readonly guid: string;
  readonly name: string;
}

/** How CC writes hidden secrets in events of dashboard clients. CC: presenters/helpers/censorship.rb */
const REDACTED = "[REDACTED]";

/**
 * Makes the UAA's clients for dashboards what the catalog asks for: new ones, changed ones, and none that it no longer names. Gives what
 * is wrong, null when all is done. A client belongs to the broker that asked for it first. CC: lib/services/sso/dashboard_client_manager.rb
 */
export async function syncDashboardClients(
  api: CcApi,
  broker: Broker,
  offerings: readonly CatalogOffering[],
  signal: AbortSignal,
): Promise<CatalogErrors | null> {
  const wanted = offerings.flatMap(({ dashboardClient }) => dashboardClient ?? []);
  const claims = await api.db.selectFrom("service_dashboard_clients").selectAll().execute();
  const foreign = claims.filter((claim) => claim.service_broker_guid !== broker.guid).map((claim) => claim.client_id);
  const own = claims.filter((claim) => claim.service_broker_guid === broker.guid).map((claim) => claim.client_id);
  const taken = wanted.filter(({ id }) => foreign.includes(id));
  if (taken.length > 0) return notUnique(offerings, taken);
  if (wanted.length === 0 && own.length === 0) return null;
  const existing = await existingClients(api, [...new Set([...wanted.map(({ id }) => id), ...own])], signal);
  const unclaimed = wanted.filter(({ id }) => existing.includes(id) && !own.includes(id));
  if (unclaimed.length > 0) return notUnique(offerings, unclaimed);
  const added = wanted.filter(({ id }) => !existing.includes(id));
  const removed = own.filter((id) => !wanted.some((client) => client.id === id));
  // Claimed before the UAA is asked: after a crash in between, what it made is known to be this broker's.
  await claim(api, broker, added);
  const update = wanted.filter(({ id }) => existing.includes(id));
  const remove = removed.filter((id) => existing.includes(id));
  const outcome = await api.deps.uaa.changeDashboardClients({ add: added, update, remove }, signal);
  if (outcome !== null) {
    const ids = added.map(({ id }) => id).filter((id) => !own.includes(id));
    await api.transaction((trx) => release(trx, ids));
    throw new CcError("ServiceBrokerDashboardClientFailure", [outcome.refused]);
  }
  await api.transaction(async (trx) => {
    await release(trx, removed);
    for (const client of added) {
      await record(api, trx, "create", broker, client.id, { secret: REDACTED, redirect_uri: client.redirectUri });
    }
    for (const id of remove) await record(api, trx, "delete", broker, id, {});
  });
  return null;
}

async function existingClients(api: CcApi, ids: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  return await api.deps.uaa.existingClients(ids, signal);
}

async function claim(api: CcApi, broker: Broker, clients: readonly DashboardClient[]): Promise<void> {
  if (clients.length === 0) return;
  await api.db
    .insertInto("service_dashboard_clients")
    .values(clients.map(({ id }) => ({ client_id: id, service_broker_guid: broker.guid })))
    .onConflict((conflict) => conflict.column("client_id").doNothing())
    .execute();
  await api.durable();
}

async function release(trx: Kysely<CcDatabase>, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await trx.deleteFrom("service_dashboard_clients").where("client_id", "in", ids).execute();
}

function notUnique(offerings: readonly CatalogOffering[], taken: readonly DashboardClient[]): CatalogErrors {
  const errors = new CatalogErrors();
  for (const { name, dashboardClient } of offerings) {
    if (dashboardClient === null || !taken.some(({ id }) => id === dashboardClient.id)) continue;
    errors.part(name).add("Service dashboard client id must be unique");
  }
  return errors;
}

async function record(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  action: "create" | "delete",
  broker: Broker,
  id: string,
  data: object,
): Promise<void> {
  await api.event(trx, {
    type: `audit.service_dashboard_client.${action}`,
    actor: brokerActor(broker),
    target: { guid: id, type: "service_dashboard_client", name: id },
    organizationGuid: null,
    spaceGuid: null,
    data,
  });
}
