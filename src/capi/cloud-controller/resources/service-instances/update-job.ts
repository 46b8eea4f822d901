import type { Kysely } from "kysely";
import { isBrokerError, type ProvisionAnswer } from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import type { JobAgain, JobWork, RunningJob } from "../../jobs.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { ManagedUpdate } from "./body.ts";
import { instanceLastOperation, refetchedInstance, updateAtBroker } from "./broker-calls.ts";
import { recordInstance } from "./events.ts";
import { failed, isInProgress, lastOperation, operation } from "./last-operation.ts";
import { type ManagedInstance, managedInstance, type PlanWithBroker, planWithBroker } from "./managed.ts";
import { changeInstance, type InstanceChange, versionOf } from "./managed-update.ts";
import { nextLookMs } from "./polling.ts";
import { cancelled, gone, noteDescription, warningsOf } from "./provision-job.ts";

export interface UpdateInput {
  readonly wanted: ManagedUpdate;
  readonly planGuid: string | null;
  /** For the audit event. */
  readonly request: object;
}

interface Context {
  readonly job: RunningJob;
  readonly input: UpdateInput;
  readonly current: ManagedInstance;
  /** The plan after the update. */
  readonly next: PlanWithBroker;
}

/**
 * `service_instance.update`: the instance was locked (`update`, `in progress`) with the request; once the broker has taken it, the row says
 * `accepted` and what follows is polling. Name, tags and plan change when the broker is done. CC: jobs/v3/update_service_instance_job.rb
 */
export function updateWork(api: CcApi): JobWork {
  return async (job, signal) => {
    const current = await managedInstance(api.db, job.resourceGuid);
    if (current === null) throw gone(job.resourceGuid);
    const now = lastOperation(current.instance);
    if (isInProgress(current.instance) && now?.type !== "update") throw cancelled("update", now?.type);
    if (now?.type === "update" && now.state === "succeeded") return warningsOf(api, current); // a crash came after the end
    if (now?.type === "update" && now.state === "failed") throw unable(now.description ?? "");
    const input = job.input as unknown as UpdateInput;
    const next = input.planGuid === null ? current : await planWithBroker(api.db, input.planGuid);
    if (next === null) {
      const missing = new CcError("ServicePlanNotFound", [input.planGuid ?? ""]);
      await fail(api, job, missing.message);
      throw missing;
    }
    const context: Context = { job, input, current, next };
    if (now?.accepted !== true) {
      const answer = await askToUpdate(api, context, signal);
      if (!answer.inProgress) return warningsOf(api, current);
    }
    return await look(api, context, signal);
  };
}

async function askToUpdate(api: CcApi, context: Context, signal: AbortSignal): Promise<ProvisionAnswer> {
  const { job, input, current, next } = context;
  try {
    const { parameters, name } = input.wanted;
    const maintenanceVersion = maintenanceOf(context);
    const asked = { next, parameters: parameters ?? {}, maintenanceVersion, name: name ?? current.instance.name };
    const answer = await updateAtBroker(api, current, asked, job.actor.guid, signal);
    const told = {
      ...(answer.dashboardUrl === null ? {} : { dashboardUrl: answer.dashboardUrl }),
      brokerMetadata: answer.metadata,
    };
    await api.transaction(async (trx) => {
      if (!answer.inProgress) return complete(api, trx, context, "", told);
      const instance = await stillUpdating(trx, job.resourceGuid);
      const kept = { description: "", broker_operation: answer.operation, accepted: true } as const;
      await changeInstance(api, trx, instance, {
        ...told,
        operation: operation("update", "in progress", api.nowMs(), kept),
      });
      await recordInstance(api, trx, "start_update", instance, job.actor, { request: input.request });
    });
    await api.durable();
    return answer;
  } catch (error) {
    if (!isBrokerError(error) && !(error instanceof CcError)) throw error;
    await fail(api, job, error.message);
    throw error instanceof CcError ? error : unable(error.message);
  }
}

async function look(api: CcApi, context: Context, signal: AbortSignal): Promise<JobAgain | readonly string[]> {
  const { job } = context;
  const current = await managedInstance(api.db, job.resourceGuid);
  if (current === null) throw gone(job.resourceGuid);
  const seen = await instanceLastOperation(api, current, job.actor.guid, signal);
  if (seen.state === "failed") {
    await fail(api, job, seen.description ?? "");
    throw unable(seen.description ?? "");
  }
  if (seen.state === "succeeded") {
    const fetched = await refetchedInstance(api, current, job.actor.guid, signal);
    const told = fetched === null || fetched.dashboardUrl === null ? {} : { dashboardUrl: fetched.dashboardUrl };
    try {
      await api.transaction((trx) => complete(api, trx, context, seen.description, told));
    } catch (error) {
      if (!(error instanceof CcError)) throw error;
      await fail(api, job, error.message);
      throw error;
    }
    return warningsOf(api, current);
  }
  const againInMs = nextLookMs(api, job, current, seen.retryAfterMs);
  if (againInMs === null) {
    await fail(api, job, "Service Broker failed to update within the required time.");
    throw new CcError("JobTimeout");
  }
  await noteDescription(api, job.resourceGuid, seen.description);
  return { againInMs };
}

/** The version that the broker is asked for: the new plan's, or the one that was asked for; null for none. */
function maintenanceOf({ input, current, next }: Context): string | null {
  if (next.plan.guid !== current.plan.guid) return versionOf(next.plan.maintenance_info);
  return input.wanted.maintenance_info?.version ?? null;
}

async function complete(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  context: Context,
  description: string | null,
  told: Pick<InstanceChange, "dashboardUrl" | "brokerMetadata">,
): Promise<void> {
  const { job, input, current, next } = context;
  const instance = await stillUpdating(trx, job.resourceGuid);
  const version = maintenanceOf(context);
  const changesVersion = next.plan.guid !== current.plan.guid || input.wanted.maintenance_info != null;
  await changeInstance(api, trx, instance, {
    ...told,
    name: input.wanted.name,
    tags: input.wanted.tags,
    planGuid: next.plan.guid,
    metadata: input.wanted.metadata,
    ...(changesVersion ? { maintenanceInfo: JSON.stringify(version === null ? {} : { version }) } : {}),
    operation: operation("update", "succeeded", api.nowMs(), { description }),
  });
  await recordInstance(api, trx, "update", instance, job.actor, { request: input.request });
}

async function stillUpdating(trx: Kysely<CcDatabase>, guid: string) {
  const instance = await trx.selectFrom("service_instances").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (instance === undefined) throw gone(guid);
  const now = lastOperation(instance);
  if (now?.type !== "update") throw cancelled("update", now?.type);
  return instance;
}

async function fail(api: CcApi, job: RunningJob, description: string): Promise<void> {
  await api.transaction(async (trx) => {
    const instance = await stillUpdating(trx, job.resourceGuid);
    await changeInstance(api, trx, instance, { operation: failed("update", api.nowMs(), description) });
  });
}

function unable(description: string): CcError {
  return new CcError("UnableToPerform", ["update", description]);
}
