import type { Kysely } from "kysely";
import { isBrokerError, type ProvisionAnswer } from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import type { JobAgain, JobWork, RunningJob } from "../../jobs.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { mitigateOrphanedInstance } from "../service-credential-bindings/orphans.ts";
import { instanceLastOperation, provision, refetchedInstance } from "./broker-calls.ts";
import { recordInstance } from "./events.ts";
import { failed, isInProgress, lastOperation, operation } from "./last-operation.ts";
import { type ManagedInstance, managedInstance, requiresOf } from "./managed.ts";
import { changeInstance } from "./managed-update.ts";
import { nextLookMs } from "./polling.ts";

interface ProvisionInput {
  readonly parameters: Readonly<Record<string, unknown>> | null;
  /** For the audit event. */
  readonly request: object;
}

const VOLUME_WARNING = "Support for volume services is disabled. This service instance cannot be bound to an app.";

/**
 * `service_instance.create`: asks the broker, then looks after what it does. The row tells which: `initial` before the broker has answered (after
 * a crash it is asked again, which brokers take as the same request), `in progress` while it works. CC: jobs/v3/create_service_instance_job.rb
 */
export function provisionWork(api: CcApi): JobWork {
  return async (job, signal) => {
    const input = job.input as unknown as ProvisionInput;
    const managed = await managedInstance(api.db, job.resourceGuid);
    if (managed === null) throw gone(job.resourceGuid);
    const operationNow = lastOperation(managed.instance);
    if (isInProgress(managed.instance) && operationNow?.type !== "create")
      throw cancelled("create", operationNow?.type);
    if (operationNow?.type === "create" && operationNow.state === "succeeded") return warningsOf(api, managed);
    if (operationNow?.type === "create" && operationNow.state === "failed") {
      throw new CcError("UnableToPerform", ["provision", operationNow.description ?? ""]);
    }
    if (operationNow?.state === "initial") {
      const answer = await askToProvision(api, job, managed, input, signal);
      if (!answer.inProgress) return warningsOf(api, managed);
    }
    return await look(api, job, input, signal);
  };
}

async function askToProvision(
  api: CcApi,
  job: RunningJob,
  managed: ManagedInstance,
  input: ProvisionInput,
  signal: AbortSignal,
): Promise<ProvisionAnswer> {
  try {
    const answer = await provision(api, managed, input.parameters, job.actor.guid, signal);
    await api.transaction(async (trx) => {
      const instance = await stillCreating(trx, job.resourceGuid);
      await changeInstance(api, trx, instance, {
        dashboardUrl: answer.dashboardUrl,
        brokerMetadata: answer.metadata,
        operation: answer.inProgress
          ? operation("create", "in progress", api.nowMs(), {
              description: "",
              broker_operation: answer.operation,
              accepted: true,
            })
          : operation("create", "succeeded", api.nowMs(), { description: "" }),
      });
      const action = answer.inProgress ? "start_create" : "create";
      await recordInstance(api, trx, action, instance, job.actor, { request: input.request });
    });
    await api.durable();
    return answer;
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    await fail(api, job, error.message, error.leavesOrphan);
    throw new CcError("UnableToPerform", ["provision", error.message], { cause: error });
  }
}

async function look(
  api: CcApi,
  job: RunningJob,
  input: ProvisionInput,
  signal: AbortSignal,
): Promise<JobAgain | readonly string[]> {
  const managed = await managedInstance(api.db, job.resourceGuid);
  if (managed === null) throw gone(job.resourceGuid);
  const seen = await instanceLastOperation(api, managed, job.actor.guid, signal);
  if (seen.state === "failed") {
    await fail(api, job, seen.description ?? "", false);
    throw new CcError("UnableToPerform", ["create managed", seen.description ?? ""]);
  }
  if (seen.state === "succeeded") {
    const fetched = await refetchedInstance(api, managed, job.actor.guid, signal);
    await api.transaction(async (trx) => {
      const instance = await stillCreating(trx, job.resourceGuid);
      await changeInstance(api, trx, instance, {
        ...(fetched === null || fetched.dashboardUrl === null ? {} : { dashboardUrl: fetched.dashboardUrl }),
        operation: operation("create", "succeeded", api.nowMs(), { description: seen.description }),
      });
      await recordInstance(api, trx, "create", instance, job.actor, { request: input.request });
    });
    return warningsOf(api, managed);
  }
  const againInMs = nextLookMs(api, job, managed, seen.retryAfterMs);
  if (againInMs === null) {
    await fail(api, job, "Service Broker failed to provision within the required time.", true);
    throw new CcError("JobTimeout");
  }
  await noteDescription(api, job.resourceGuid, seen.description);
  return { againInMs };
}

async function stillCreating(trx: Kysely<CcDatabase>, guid: string) {
  const instance = await trx.selectFrom("service_instances").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (instance === undefined) throw gone(guid);
  const now = lastOperation(instance);
  if (now !== null && now.type !== "create") throw cancelled("create", now.type);
  return instance;
}

async function fail(api: CcApi, job: RunningJob, description: string, orphan: boolean): Promise<void> {
  await api.transaction(async (trx) => {
    const instance = await stillCreating(trx, job.resourceGuid);
    await changeInstance(api, trx, instance, { operation: failed("create", api.nowMs(), description) });
    if (orphan) await mitigateOrphanedInstance(api, trx, instance);
  });
}

/** Keeps what the broker says of its work, unless something else has begun. */
export async function noteDescription(api: CcApi, guid: string, description: string | null): Promise<void> {
  await api.transaction(async (trx) => {
    const instance = await trx.selectFrom("service_instances").where("guid", "=", guid).selectAll().executeTakeFirst();
    const now = instance === undefined ? null : lastOperation(instance);
    if (now === null || now.state !== "in progress" || description === null) return;
    const { broker_operation = null } = now;
    const kept = operation(now.type, "in progress", api.nowMs(), { description, broker_operation, accepted: true });
    await trx
      .updateTable("service_instances")
      .set({ last_operation: kept, updated_at: api.nowMs() })
      .where("guid", "=", guid)
      .execute();
  });
}

export function warningsOf(api: CcApi, managed: ManagedInstance): readonly string[] {
  const cannotMount = requiresOf(managed).includes("volume_mount") && !api.config.limits.volumeServicesEnabled;
  return cannotMount ? [VOLUME_WARNING] : [];
}

export function gone(guid: string): CcError {
  return new CcError("ResourceNotFound", [`The service instance could not be found: ${guid}.`]);
}

export function cancelled(operationType: string, running: string | undefined): CcError {
  return new CcError("UnableToPerform", [operationType, `${running ?? "another operation"} in progress`]);
}
