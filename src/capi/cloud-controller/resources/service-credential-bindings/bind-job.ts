import type { Kysely } from "kysely";
import { type BindAnswer, type BindingDetails, isBrokerError } from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import type { JobAgain, JobWork, RunningJob } from "../../jobs.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { bind, bindingLastOperation, fetchBinding } from "../service-instances/broker-calls.ts";
import { failed, isInProgress, lastOperation, operation } from "../service-instances/last-operation.ts";
import { type ManagedInstance, managedInstance } from "../service-instances/managed.ts";
import { nextLookMs } from "../service-instances/polling.ts";
import type { BindInput } from "./binding-jobs.ts";
import { recordBinding } from "./events.ts";
import { type AnyBinding, type BindingKind, completeBinding, findBinding, setBindingOperation } from "./kind.ts";
import { mitigateOrphanedBinding } from "./orphans.ts";

const NOT_RETRIEVABLE = "The broker responded asynchronously but does not support fetching binding data";
/** CC: actions/app_apply_manifest.rb */
const ASYNC_NOT_ALLOWED = "The service broker responded asynchronously when a synchronous bind was requested.";

interface Context {
  readonly job: RunningJob;
  readonly kind: BindingKind;
  readonly input: BindInput;
  readonly binding: AnyBinding;
  readonly managed: ManagedInstance;
}

/**
 * `service_bindings.create`, `service_keys.create`, `service_route_bindings.create`: asks the broker while the row says `initial`, then looks
 * after its work while it says `in progress`. CC: jobs/v3/create_binding_async_job.rb, actions/v3/service_binding_create.rb
 */
export function bindWork(api: CcApi, kind: BindingKind): JobWork {
  return async (job, signal) => {
    const binding = await findBinding(api.db, kind, job.resourceGuid);
    const managed = binding && (await managedInstance(api.db, binding.service_instance_guid));
    if (binding === undefined || !managed) throw gone(job.resourceGuid);
    const now = lastOperation(binding);
    if (isInProgress(binding) && now?.type === "delete") throw cancelled();
    if (now?.type === "create" && now.state === "succeeded") return undefined; // a crash came after the end
    if (now?.type === "create" && now.state === "failed") throw unable(now.description ?? "");
    const context = { job, kind, binding, managed, input: job.input as unknown as BindInput };
    if (now?.state === "initial" && !(await askToBind(api, context, signal))) return undefined;
    return await look(api, context, signal);
  };
}

/** True when the broker works on it. */
async function askToBind(api: CcApi, context: Context, signal: AbortSignal): Promise<boolean> {
  const { job, input, kind } = context;
  try {
    const answer = await bindAtBroker(api, context, signal);
    if (!answer.inProgress) {
      await complete(api, context, answer.details);
      return false;
    }
    if (context.managed.offering.bindings_retrievable === 0) {
      await fail(api, context, NOT_RETRIEVABLE, false);
      throw new CcError("ServiceBindingInvalid", [NOT_RETRIEVABLE]);
    }
    await api.transaction(async (trx) => {
      const binding = await stillCreating(trx, kind, job.resourceGuid);
      const kept = { broker_operation: answer.operation, accepted: true } as const;
      const noted = operation("create", "in progress", api.nowMs(), kept);
      await setBindingOperation(api, trx, kind, binding.guid, noted);
      await recordBinding(api, trx, "start_create", binding, job.actor, eventData(input));
    });
    await api.durable();
    return true;
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    await fail(api, context, error.message, error.leavesOrphan);
    throw unable(error.message);
  }
}

/** A manifest prefers brokers that answer at once, and asks again those that cannot. */
async function bindAtBroker(api: CcApi, context: Context, signal: AbortSignal): Promise<BindAnswer> {
  const { job, input, binding, managed } = context;
  const { parameters, manifestTriggered } = input;
  const ask = (acceptsIncomplete: boolean): Promise<BindAnswer> =>
    bind(api, managed, binding, { parameters, acceptsIncomplete }, job.actor.guid, signal);
  if (!manifestTriggered) return await ask(true);
  try {
    const answer = await ask(false);
    if (answer.inProgress) {
      await fail(api, context, ASYNC_NOT_ALLOWED, false);
      throw unable(ASYNC_NOT_ALLOWED);
    }
    return answer;
  } catch (error) {
    if (!isBrokerError(error) || error.type !== "AsyncRequired") throw error;
    return await ask(true);
  }
}

async function look(api: CcApi, context: Context, signal: AbortSignal): Promise<JobAgain | undefined> {
  const { job, kind, managed } = context;
  const binding = await findBinding(api.db, kind, job.resourceGuid);
  if (binding === undefined) throw gone(job.resourceGuid);
  const seen = await bindingLastOperation(api, managed, binding, job.actor.guid, signal);
  if (seen.state === "failed") {
    await fail(api, context, seen.description ?? "", false);
    throw new CcError("UnableToPerform", ["create", seen.description ?? ""]);
  }
  if (seen.state === "succeeded") {
    try {
      const fetched = await fetchBinding(api, managed, binding, job.actor.guid, signal);
      await complete(api, context, fetched, seen.description);
    } catch (error) {
      if (!isBrokerError(error)) throw error;
      await fail(api, context, error.message, false);
      throw unable(error.message);
    }
    return undefined;
  }
  const againInMs = nextLookMs(api, job, managed, seen.retryAfterMs);
  if (againInMs === null) {
    await fail(api, context, "Service Broker failed to bind within the required time.", true);
    throw new CcError("JobTimeout");
  }
  if (seen.description !== null) await noteBindingDescription(api, kind, binding.guid, seen.description);
  return { againInMs };
}

async function complete(
  api: CcApi,
  { job, kind, input }: Context,
  details: BindingDetails,
  description: string | null = null,
): Promise<void> {
  const routed = await api.transaction(async (trx) => {
    const binding = await stillCreating(trx, kind, job.resourceGuid);
    const done = operation("create", "succeeded", api.nowMs(), { description });
    const routed = await completeBinding(api, trx, binding, details, done);
    await recordBinding(api, trx, "create", binding, job.actor, eventData(input));
    return routed;
  });
  api.hooks.processRoutingChanged(routed);
  await api.durable();
}

/** Keeps what the broker says of its work, unless something else has begun. */
export async function noteBindingDescription(
  api: CcApi,
  kind: BindingKind,
  guid: string,
  description: string,
): Promise<void> {
  await api.transaction(async (trx) => {
    const binding = await findBinding(trx, kind, guid);
    const now = binding === undefined ? null : lastOperation(binding);
    if (now?.state !== "in progress") return;
    const { broker_operation = null } = now;
    const kept = operation(now.type, "in progress", api.nowMs(), { description, broker_operation, accepted: true });
    await setBindingOperation(api, trx, kind, guid, kept);
  });
}

async function fail(api: CcApi, { job, kind }: Context, description: string, orphan: boolean): Promise<void> {
  await api.transaction(async (trx) => {
    const binding = await stillCreating(trx, kind, job.resourceGuid);
    await setBindingOperation(api, trx, kind, binding.guid, failed("create", api.nowMs(), description));
    if (orphan) await mitigateOrphanedBinding(api, trx, binding);
  });
}

async function stillCreating(trx: Kysely<CcDatabase>, kind: BindingKind, guid: string): Promise<AnyBinding> {
  const binding = await findBinding(trx, kind, guid);
  if (binding === undefined) throw gone(guid);
  if (lastOperation(binding)?.type === "delete") throw cancelled();
  return binding;
}

function eventData({ request, manifestTriggered }: BindInput): object {
  return { ...(manifestTriggered ? { manifest_triggered: true } : {}), request };
}

function gone(guid: string): CcError {
  return new CcError("ResourceNotFound", [`The binding could not be found: ${guid}`]);
}

function cancelled(): CcError {
  return new CcError("UnableToPerform", ["create", "delete in progress"]);
}

function unable(text: string): CcError {
  return new CcError("UnableToPerform", ["bind", text]);
}
