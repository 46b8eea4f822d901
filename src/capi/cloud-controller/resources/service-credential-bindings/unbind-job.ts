import { isBrokerError } from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import type { JobAgain, JobWork, RunningJob } from "../../jobs.ts";
import { bindingLastOperation, unbind } from "../service-instances/broker-calls.ts";
import { failed, isOperation, lastOperation, operation } from "../service-instances/last-operation.ts";
import { type ManagedInstance, managedInstance } from "../service-instances/managed.ts";
import { nextLookMs } from "../service-instances/polling.ts";
import { noteBindingDescription } from "./bind-job.ts";
import { isUnbindBlocked } from "./binding-jobs.ts";
import { recordBinding } from "./events.ts";
import { type AnyBinding, type BindingKind, findBinding, removeBinding, setBindingOperation } from "./kind.ts";

const BUSY = "The delete request was rejected due to an operation being in progress for the service binding.";
const BROKER_BUSY =
  "The service broker rejected the request due to an operation being in progress for the service binding.";

interface Context {
  readonly job: RunningJob;
  readonly kind: BindingKind;
  readonly binding: AnyBinding;
  readonly managed: ManagedInstance;
}

/**
 * `service_bindings.delete`, `service_keys.delete`, `service_route_bindings.delete`: asks the broker, then looks after its work once the row says
 * `delete`, `in progress`. What is gone counts as done. CC: jobs/v3/delete_binding_job.rb, actions/v3/service_binding_delete.rb
 */
export function unbindWork(api: CcApi, kind: BindingKind): JobWork {
  return async (job, signal) => {
    const binding = await findBinding(api.db, kind, job.resourceGuid);
    if (binding === undefined) return undefined;
    const managed = await managedInstance(api.db, binding.service_instance_guid);
    if (managed === null) return undefined;
    const context = { job, kind, binding, managed };
    const polls = isOperation(binding, "delete", "in progress") && lastOperation(binding)?.accepted === true;
    if (!polls) {
      if (isUnbindBlocked(binding)) throw unable(BUSY);
      if (await askToUnbind(api, context, signal)) return undefined;
    }
    return await look(api, context, signal);
  };
}

/** True when the binding is gone at once. */
async function askToUnbind(api: CcApi, context: Context, signal: AbortSignal): Promise<boolean> {
  const { job, kind, binding, managed } = context;
  try {
    const answer = await unbind(api, managed, binding, job.actor.guid, signal);
    if (!answer.inProgress) {
      await remove(api, context);
      return true;
    }
    await api.transaction(async (trx) => {
      if ((await findBinding(trx, kind, binding.guid)) === undefined) return;
      await recordBinding(api, trx, "start_delete", binding, job.actor);
      const kept = { broker_operation: answer.operation, accepted: true } as const;
      await setBindingOperation(api, trx, kind, binding.guid, operation("delete", "in progress", api.nowMs(), kept));
    });
    await api.durable();
    return false;
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    if (error.type === "ConcurrencyError") throw unable(BROKER_BUSY);
    const said = `Service broker failed to delete service binding for instance ${managed.instance.name}: ${error.message}`;
    await fail(api, context, said);
    throw unable(said);
  }
}

async function look(api: CcApi, context: Context, signal: AbortSignal): Promise<JobAgain | undefined> {
  const { job, kind, managed } = context;
  const binding = await findBinding(api.db, kind, job.resourceGuid);
  if (binding === undefined) return undefined;
  const seen = await bindingLastOperation(api, managed, binding, job.actor.guid, signal);
  if (seen.state === "succeeded") {
    await remove(api, context);
    return undefined;
  }
  if (seen.state === "failed") {
    await fail(api, context, seen.description ?? "");
    throw new CcError("UnableToPerform", ["delete", seen.description ?? ""]);
  }
  const againInMs = nextLookMs(api, job, managed, seen.retryAfterMs);
  if (againInMs === null) {
    await fail(api, context, "Service Broker failed to unbind within the required time.");
    throw new CcError("JobTimeout");
  }
  if (seen.description !== null) await noteBindingDescription(api, kind, binding.guid, seen.description);
  return { againInMs };
}

async function remove(api: CcApi, { job, kind }: Context): Promise<void> {
  const routed = await api.transaction(async (trx) => {
    const binding = await findBinding(trx, kind, job.resourceGuid);
    if (binding === undefined) return [];
    await recordBinding(api, trx, "delete", binding, job.actor);
    return await removeBinding(api, trx, binding);
  });
  api.hooks.processRoutingChanged(routed);
  await api.durable();
}

async function fail(api: CcApi, { kind, binding }: Context, description: string): Promise<void> {
  const noted = failed("delete", api.nowMs(), description);
  await api.transaction((trx) => setBindingOperation(api, trx, kind, binding.guid, noted));
}

function unable(text: string): CcError {
  return new CcError("UnableToPerform", ["unbind", text]);
}
