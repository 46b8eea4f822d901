import { type BrokerError, isBrokerError } from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { CcError, CompoundError } from "../../errors.ts";
import type { JobAgain, JobWork, RunningJob } from "../../jobs.ts";
import { enqueueUnbindsOfInstance } from "../service-credential-bindings/unbind-all.ts";
import { deprovision, instanceLastOperation } from "./broker-calls.ts";
import { deleteInstanceRows } from "./delete-rows.ts";
import { recordInstance } from "./events.ts";
import { failed, isInProgress, isOperation, lastOperation, operation } from "./last-operation.ts";
import { type ManagedInstance, managedInstance } from "./managed.ts";
import { isBlocked } from "./managed-routes.ts";
import { nextLookMs } from "./polling.ts";
import { noteDescription } from "./provision-job.ts";

const WAITS_FOR_BINDINGS =
  "Deletion of the service instance is still in progress: one or more dependent resources are being deleted asynchronously. It will complete once those operations finish.";
/** A binding's end wakes the job; this is for the case that the news was lost. */
const BINDINGS_LOOK_MS = 5_000;

/**
 * `service_instance.delete`: its bindings first, each by a job of its own, then its shares, then the broker. What is gone already counts as
 * done. CC: jobs/v3/recursive_delete_service_instance_job.rb, actions/v3/service_instance_delete.rb
 */
export function deprovisionWork(api: CcApi): JobWork {
  return async (job, signal) => {
    const managed = await managedInstance(api.db, job.resourceGuid);
    if (managed === null) return undefined;
    const { instance } = managed;
    const polls = isOperation(instance, "delete", "in progress") && lastOperation(instance)?.accepted === true;
    if (!polls) {
      if (isBlocked(instance)) throw new CcError("AsyncServiceInstanceOperationInProgress", [instance.name]);
      const waits = await bindingsGone(api, job, managed);
      if (waits !== null) return waits;
      await unshareEverywhere(api, managed, job.actor);
      if (await askToDeprovision(api, job, managed, signal)) return undefined;
    }
    return await look(api, job, signal);
  };
}

/** Null when no binding is left. Throws what became of those that could not be deleted. */
async function bindingsGone(api: CcApi, job: RunningJob, managed: ManagedInstance): Promise<JobAgain | null> {
  const { open, failures } = await api.jobs.subJobs(job.guid);
  if (open > 0) return { againInMs: BINDINGS_LOOK_MS, warnings: [WAITS_FOR_BINDINGS] };
  const [first, ...others] = failures.map(({ error }) => error);
  if (first !== undefined) {
    await fail(api, managed.instance.guid, [first, ...others].map(({ message }) => message).join("\n"));
    throw new CompoundError([first, ...others]);
  }
  const begun = await api.transaction((trx) => enqueueUnbindsOfInstance(api, trx, managed.instance.guid, job));
  return begun === 0 ? null : { againInMs: BINDINGS_LOOK_MS };
}

async function unshareEverywhere(api: CcApi, { instance }: ManagedInstance, actor: Actor): Promise<void> {
  await api.transaction(async (trx) => {
    const shares = await trx
      .deleteFrom("service_instance_shares")
      .where("service_instance_guid", "=", instance.guid)
      .returning("space_guid")
      .execute();
    for (const share of shares) {
      await recordInstance(api, trx, "unshare", instance, actor, { target_space_guid: share.space_guid });
    }
  });
}

/** True when the instance is gone at once. */
async function askToDeprovision(
  api: CcApi,
  job: RunningJob,
  managed: ManagedInstance,
  signal: AbortSignal,
): Promise<boolean> {
  const { instance } = managed;
  try {
    const answer = await deprovision(api, managed, job.actor.guid, signal);
    if (!answer.inProgress) {
      await remove(api, job);
      return true;
    }
    await api.transaction(async (trx) => {
      const kept = { broker_operation: answer.operation, accepted: true } as const;
      await trx
        .updateTable("service_instances")
        .set({ last_operation: operation("delete", "in progress", api.nowMs(), kept), updated_at: api.nowMs() })
        .where("guid", "=", instance.guid)
        .execute();
      await recordInstance(api, trx, "start_delete", instance, job.actor, { request: null });
    });
    await api.durable();
    return false;
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    const shown = deprovisionError(error, instance.name);
    await fail(api, instance.guid, shown.said);
    throw shown.error;
  }
}

function deprovisionError(error: BrokerError, name: string): { said: string; error: CcError } {
  if (error.type === "ServiceBrokerConflict") {
    const conflict = new CcError("ServiceInstanceDeprovisionFailed", [error.message], { cause: error });
    return { said: conflict.message, error: conflict };
  }
  if (error.type === "ConcurrencyError") {
    const busy = new CcError("AsyncServiceInstanceOperationInProgress", [name], { cause: error });
    return { said: busy.message, error: busy };
  }
  const said = `Service instance ${name}: ${error.message}`;
  return { said, error: new CcError("UnableToPerform", ["delete", said], { cause: error }) };
}

async function look(api: CcApi, job: RunningJob, signal: AbortSignal): Promise<JobAgain | undefined> {
  const managed = await managedInstance(api.db, job.resourceGuid);
  if (managed === null) return undefined;
  const { guid } = managed.instance;
  const seen = await instanceLastOperation(api, managed, job.actor.guid, signal);
  if (seen.state === "succeeded") {
    await remove(api, job);
    return undefined;
  }
  if (seen.state === "failed") {
    await fail(api, guid, seen.description ?? "", true);
    throw new CcError("UnableToPerform", ["delete", seen.description ?? ""]);
  }
  const againInMs = nextLookMs(api, job, managed, seen.retryAfterMs);
  if (againInMs === null) {
    await fail(api, guid, "Service Broker failed to deprovision within the required time.", true);
    throw new CcError("JobTimeout");
  }
  await noteDescription(api, guid, seen.description);
  return { againInMs };
}

async function remove(api: CcApi, job: RunningJob): Promise<void> {
  const routed = await api.transaction(async (trx) => {
    const instance = await trx
      .selectFrom("service_instances")
      .where("guid", "=", job.resourceGuid)
      .selectAll()
      .executeTakeFirst();
    if (instance === undefined) return [];
    const routed = await deleteInstanceRows(api, trx, instance.guid);
    await recordInstance(api, trx, "delete", instance, job.actor, { request: null });
    return routed;
  });
  api.hooks.processRoutingChanged(routed);
  await api.durable();
}

/** Notes a failed deletion. What else is under way keeps its state unless the failure is the deletion's own end. */
async function fail(api: CcApi, guid: string, description: string, always = false): Promise<void> {
  await api.transaction(async (trx) => {
    const instance = await trx.selectFrom("service_instances").where("guid", "=", guid).selectAll().executeTakeFirst();
    if (instance === undefined || (!always && isInProgress(instance))) return;
    await trx
      .updateTable("service_instances")
      .set({ last_operation: failed("delete", api.nowMs(), description), updated_at: api.nowMs() })
      .where("guid", "=", guid)
      .execute();
  });
}
