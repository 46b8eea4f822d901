import {
  type BindAnswer,
  type BrokerAccess,
  type BrokerAnswer,
  type BrokerCall,
  type FetchedBinding,
  type FetchedInstance,
  type InstanceRequest,
  isBrokerError,
  type LastOperation,
  type OperationQuestion,
  type ProvisionAnswer,
} from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import type { AnyBinding } from "../service-credential-bindings/kind.ts";
import { bindResource, contextOf, instanceContext } from "./broker-context.ts";
import { lastOperation } from "./last-operation.ts";
import { type ManagedInstance, type PlanWithBroker, planWithBroker, requiresOf } from "./managed.ts";

/** The calls to brokers, made from rows. All throw `BrokerError`. `user`: the guid of who asked, null for nobody. */

type Json = Readonly<Record<string, unknown>>;

/** How a registered broker is reached. */
export function brokerAccess({ broker }: Pick<PlanWithBroker, "broker">): BrokerAccess {
  return { url: broker.url, username: broker.auth_username, password: broker.auth_password };
}

function callOf(catalog: PlanWithBroker, userGuid: string | null, signal: AbortSignal): BrokerCall {
  return { broker: brokerAccess(catalog), userGuid, signal };
}

function refOf({ offering, plan }: PlanWithBroker, instanceGuid: string): InstanceRequest {
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
): Promise<ProvisionAnswer> {
  const request = {
    ...refOf(managed, managed.instance.guid),
    organizationGuid: managed.organization.guid,
    spaceGuid: managed.space.guid,
    context: await instanceContext(api.db, managed),
    parameters,
    maintenanceInfo: maintenanceOf(managed.plan.maintenance_info),
    acceptsIncomplete: true,
  };
  return api.deps.brokers.provision(callOf(managed, user, signal), request);
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
): Promise<ProvisionAnswer> {
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
    acceptsIncomplete: true,
  };
  return api.deps.brokers.update(callOf(managed, user, signal), request);
}

export function deprovision(
  api: CcApi,
  managed: ManagedInstance,
  user: string,
  signal: AbortSignal,
): Promise<BrokerAnswer> {
  const request = { ...refOf(managed, managed.instance.guid), acceptsIncomplete: true };
  return api.deps.brokers.deprovision(callOf(managed, user, signal), request);
}

/** What became of what was asked last; a broker that cannot say works on it. `failed` and `succeeded` are final. */
export type SeenOperation = Pick<LastOperation, "state" | "description" | "retryAfterMs">;

function questionOf(row: { readonly last_operation: string }): OperationQuestion {
  const now = lastOperation(row);
  return { operation: now?.broker_operation ?? null, type: now?.type ?? "create" };
}

/** CC: v2/client.rb, fetch_service_instance_last_operation */
export async function instanceLastOperation(
  api: CcApi,
  managed: ManagedInstance,
  user: string,
  signal: AbortSignal,
): Promise<SeenOperation> {
  const { instance } = managed;
  const request = refOf(managed, instance.guid);
  const call = callOf(managed, user, signal);
  return seen(api, instance.guid, api.deps.brokers.instanceLastOperation(call, request, questionOf(instance)));
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
    if (!isBrokerError(error)) throw error;
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
  return api.deps.brokers.fetchInstance(callOf(managed, user, signal), refOf(managed, managed.instance.guid));
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
  return api.deps.brokers.bind(callOf(managed, user, signal), request);
}

export function unbind(
  api: CcApi,
  managed: ManagedInstance,
  binding: AnyBinding,
  user: string,
  signal: AbortSignal,
): Promise<BrokerAnswer> {
  const request = { ...refOf(managed, managed.instance.guid), bindingGuid: binding.guid, acceptsIncomplete: true };
  return api.deps.brokers.unbind(callOf(managed, user, signal), request);
}

/** CC: v2/client.rb, fetch_and_handle_service_binding_last_operation */
export function bindingLastOperation(
  api: CcApi,
  managed: ManagedInstance,
  binding: AnyBinding,
  user: string,
  signal: AbortSignal,
): Promise<SeenOperation> {
  const request = { ...refOf(managed, managed.instance.guid), bindingGuid: binding.guid };
  const call = callOf(managed, user, signal);
  return seen(api, binding.guid, api.deps.brokers.bindingLastOperation(call, request, questionOf(binding)));
}

export function fetchBinding(
  api: CcApi,
  managed: ManagedInstance,
  binding: AnyBinding,
  user: string | null,
  signal: AbortSignal,
): Promise<FetchedBinding> {
  const request = { ...refOf(managed, managed.instance.guid), bindingGuid: binding.guid };
  return api.deps.brokers.fetchBinding(callOf(managed, user, signal), request);
}

/** Tells a broker to forget an instance, or a binding, that may have been made in vain. Its rows may be gone. */
export async function forgetOrphan(
  api: CcApi,
  orphan: { readonly instanceGuid: string; readonly planGuid: string; readonly bindingGuid: string | null },
  signal: AbortSignal,
): Promise<void> {
  const catalog = await planWithBroker(api.db, orphan.planGuid);
  if (catalog === null) return;
  const request = { ...refOf(catalog, orphan.instanceGuid), acceptsIncomplete: true };
  const { bindingGuid } = orphan;
  const call = callOf(catalog, null, signal);
  if (bindingGuid === null) await api.deps.brokers.deprovision(call, request);
  else await api.deps.brokers.unbind(call, { ...request, bindingGuid });
}

async function seen(api: CcApi, guid: string, asked: Promise<LastOperation>): Promise<SeenOperation> {
  try {
    return await asked;
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    api.deps.log.info("a broker does not tell how its work goes", { guid, error });
    return { state: "in progress", description: null, retryAfterMs: null };
  }
}
