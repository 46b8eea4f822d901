import { BrokerError } from "../../../../protocol/broker-error.ts";
import type {
  BindAnswer,
  BrokerAnswer,
  BrokerEndpoint,
  FetchedBinding,
  FetchedInstance,
  InstanceRef,
  LastOperationAnswer,
} from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import type { AnyBinding } from "../service-credential-bindings/kind.ts";
import { bindResource, contextOf, instanceContext } from "./broker-context.ts";
import { lastOperation } from "./last-operation.ts";
import { type ManagedInstance, type PlanWithBroker, planWithBroker, requiresOf } from "./managed.ts";

/** The calls to brokers, made from rows. All throw `BrokerError`. `user`: the guid of who asked, null for nobody. */

type Json = Readonly<Record<string, unknown>>;

export function endpointOf({ broker }: Pick<PlanWithBroker, "broker">): BrokerEndpoint {
  return { url: broker.url, username: broker.auth_username, password: broker.auth_password };
}

function refOf({ offering, plan }: PlanWithBroker, instanceGuid: string): InstanceRef {
  return { instanceGuid, serviceId: offering.broker_catalog_id, planId: plan.broker_catalog_id };
}

function maintenanceOf(json: string): Json | null {
  const info = JSON.parse(json) as Json;
  return Object.keys(info).length === 0 ? null : info;
}

export async function provision(
  api: CcApi,
  managed: ManagedInstance,
  parameters: Json | null,
  user: string,
  signal: AbortSignal,
): Promise<BrokerAnswer> {
  const request = {
    ...refOf(managed, managed.instance.guid),
    organizationGuid: managed.organization.guid,
    spaceGuid: managed.space.guid,
    context: await instanceContext(api.db, managed),
    parameters,
    maintenanceInfo: maintenanceOf(managed.plan.maintenance_info),
  };
  return api.deps.brokers.provision(endpointOf(managed), request, user, signal);
}

export interface UpdateAsked {
  readonly next: PlanWithBroker;
  readonly parameters: Json;
  /** Null: none is asked for. */
  readonly maintenanceVersion: string | null;
  /** The name after the update. */
  readonly name: string;
}

export async function updateAtBroker(
  api: CcApi,
  managed: ManagedInstance,
  asked: UpdateAsked,
  user: string,
  signal: AbortSignal,
): Promise<BrokerAnswer> {
  const { instance, organization, space, offering, plan } = managed;
  const maintenance = maintenanceOf(instance.maintenance_info);
  const request = {
    ...refOf(asked.next, instance.guid),
    context: { ...(await contextOf(api.db, managed)), instance_name: asked.name },
    parameters: asked.parameters,
    previousValues: {
      plan_id: plan.broker_catalog_id,
      service_id: offering.broker_catalog_id,
      organization_id: organization.guid,
      space_id: space.guid,
      ...(maintenance === null ? {} : { maintenance_info: maintenance }),
    },
    maintenanceInfo: asked.maintenanceVersion === null ? null : { version: asked.maintenanceVersion },
  };
  return api.deps.brokers.update(endpointOf(managed), request, user, signal);
}

export function deprovision(
  api: CcApi,
  managed: ManagedInstance,
  user: string,
  signal: AbortSignal,
): Promise<BrokerAnswer> {
  return api.deps.brokers.deprovision(endpointOf(managed), refOf(managed, managed.instance.guid), user, signal);
}

/** What became of what was asked last; a broker that cannot say works on it. `failed` and `succeeded` are final. */
export interface SeenOperation {
  readonly state: "in progress" | "succeeded" | "failed";
  readonly description: string | null;
  readonly retryAfterMs: number | null;
}

/** CC: v2/client.rb, fetch_service_instance_last_operation */
export async function instanceLastOperation(
  api: CcApi,
  managed: ManagedInstance,
  user: string,
  signal: AbortSignal,
): Promise<SeenOperation> {
  const { instance } = managed;
  const operation = lastOperation(instance)?.broker_operation ?? null;
  const ref = refOf(managed, instance.guid);
  return seen(
    api.deps.brokers.instanceLastOperation(endpointOf(managed), ref, operation, user, signal),
    lastOperation(instance)?.type === "delete",
    api,
    instance.guid,
  );
}

/** The instance as its broker tells it, when the offering says that it can; null when it does not. */
export async function refetchedInstance(
  api: CcApi,
  managed: ManagedInstance,
  user: string,
  signal: AbortSignal,
): Promise<FetchedInstance | null> {
  if (managed.offering.instances_retrievable === 0) return null;
  try {
    return await fetchInstance(api, managed, user, signal);
  } catch (error) {
    if (!isBrokerTrouble(error)) throw error;
    api.deps.log.info("a broker does not show a new instance", { instance: managed.instance.guid, error });
    return null;
  }
}

export function fetchInstance(
  api: CcApi,
  managed: ManagedInstance,
  user: string | null,
  signal: AbortSignal,
): Promise<FetchedInstance> {
  return api.deps.brokers.fetchInstance(endpointOf(managed), refOf(managed, managed.instance.guid), user, signal);
}

export interface BindAsk {
  readonly parameters: Json | null;
  readonly acceptsIncomplete: boolean;
}

export async function bind(
  api: CcApi,
  managed: ManagedInstance,
  binding: AnyBinding,
  { parameters, acceptsIncomplete }: BindAsk,
  user: string,
  signal: AbortSignal,
): Promise<BindAnswer> {
  const request = {
    ...refOf(managed, managed.instance.guid),
    bindingGuid: binding.guid,
    appGuid: binding.app_guid ?? null,
    bindResource: await bindResource(api.db, binding),
    context: await contextOf(api.db, managed),
    parameters,
    acceptsIncomplete,
    requires: requiresOf(managed),
  };
  return api.deps.brokers.bind(endpointOf(managed), request, user, signal);
}

export function unbind(
  api: CcApi,
  managed: ManagedInstance,
  binding: AnyBinding,
  user: string,
  signal: AbortSignal,
): Promise<BrokerAnswer> {
  const ref = { ...refOf(managed, managed.instance.guid), bindingGuid: binding.guid };
  return api.deps.brokers.unbind(endpointOf(managed), ref, user, signal);
}

/** CC: v2/client.rb, fetch_and_handle_service_binding_last_operation */
export function bindingLastOperation(
  api: CcApi,
  managed: ManagedInstance,
  binding: AnyBinding,
  user: string,
  signal: AbortSignal,
): Promise<SeenOperation> {
  const operation = lastOperation(binding)?.broker_operation ?? null;
  const ref = { ...refOf(managed, managed.instance.guid), bindingGuid: binding.guid };
  return seen(
    api.deps.brokers.bindingLastOperation(endpointOf(managed), ref, operation, user, signal),
    lastOperation(binding)?.type === "delete",
    api,
    binding.guid,
  );
}

export function fetchBinding(
  api: CcApi,
  managed: ManagedInstance,
  binding: AnyBinding,
  user: string | null,
  signal: AbortSignal,
): Promise<FetchedBinding> {
  const ref = { ...refOf(managed, managed.instance.guid), bindingGuid: binding.guid };
  return api.deps.brokers.fetchBinding(endpointOf(managed), ref, user, signal);
}

/** Tells a broker to forget an instance, or a binding, that may have been made in vain. Its rows may be gone. */
export async function forgetOrphan(
  api: CcApi,
  orphan: { readonly instanceGuid: string; readonly planGuid: string; readonly bindingGuid: string | null },
  signal: AbortSignal,
): Promise<void> {
  const catalog = await planWithBroker(api.db, orphan.planGuid);
  if (catalog === null) return;
  const ref = refOf(catalog, orphan.instanceGuid);
  const { bindingGuid } = orphan;
  if (bindingGuid === null) await api.deps.brokers.deprovision(endpointOf(catalog), ref, null, signal);
  else await api.deps.brokers.unbind(endpointOf(catalog), { ...ref, bindingGuid }, null, signal);
}

async function seen(
  asked: Promise<LastOperationAnswer>,
  isDelete: boolean,
  api: CcApi,
  guid: string,
): Promise<SeenOperation> {
  try {
    const { state, ...answer } = await asked;
    // Gone: what was to be deleted is; what was to be made may still come.
    return { ...answer, state: state ?? (isDelete ? "succeeded" : "in progress") };
  } catch (error) {
    if (!isBrokerTrouble(error)) throw error;
    api.deps.log.info("a broker does not tell how its work goes", { guid, error });
    return { state: "in progress", description: null, retryAfterMs: null };
  }
}

export function isBrokerTrouble(error: unknown): error is BrokerError {
  return error instanceof BrokerError;
}
