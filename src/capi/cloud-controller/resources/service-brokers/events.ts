import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { type Actor, HIDDEN } from "../../audit-events.ts";
import type { CcDatabase } from "../../store/schema.ts";

interface Named {
  readonly guid: string;
  readonly name: string;
}

/** What a user did to a broker. CC: repositories/service_event_repository.rb, record_broker_event_with_request */
export async function recordBroker(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  action: "create" | "update" | "delete",
  broker: Named,
  actor: Actor,
  request: object,
): Promise<void> {
  await api.event(trx, {
    type: `audit.service_broker.${action}`,
    actor,
    target: { guid: broker.guid, type: "service_broker", name: broker.name },
    organizationGuid: null,
    spaceGuid: null,
    data: { request },
  });
}

/** A request of a broker without its password. */
export function withoutPassword(request: object): object {
  const { authentication } = request as { readonly authentication?: { readonly credentials?: object } };
  if (authentication?.credentials === undefined) return request;
  const credentials = { ...authentication.credentials, password: HIDDEN };
  return { ...request, authentication: { ...authentication, credentials } };
}

export function brokerActor(broker: Named): Actor {
  return { guid: broker.guid, type: "service_broker", name: broker.name };
}

/** What happened to an offering or a plan; the actor is its broker when a catalog says so. */
export async function recordCatalog(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  type: "service" | "service_plan",
  action: "create" | "update" | "delete",
  target: Named,
  actor: Actor,
  data: object = {},
): Promise<void> {
  await api.event(trx, {
    type: `audit.${type}.${action}`,
    actor,
    target: { guid: target.guid, type, name: target.name },
    organizationGuid: null,
    spaceGuid: null,
    data,
  });
}
