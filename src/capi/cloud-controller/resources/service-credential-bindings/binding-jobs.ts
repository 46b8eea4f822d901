import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { notFound, unprocessable } from "../../errors.ts";
import type { CcJob } from "../../jobs.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { isInProgress, isOperation } from "../service-instances/last-operation.ts";
import { laneOf, type ManagedInstance, managedInstance } from "../service-instances/managed.ts";
import { redactedBinding } from "./events.ts";
import { type AnyBinding, findBinding, kindOf, resourceTypeOf } from "./kind.ts";

/** What a bind job keeps. */
export interface BindInput {
  readonly parameters: Readonly<Record<string, unknown>> | null;
  /** For the audit event, without secrets. */
  readonly request: object;
  /** Asked for by a manifest: brokers are first asked to answer at once. */
  readonly manifestTriggered: boolean;
}

export interface BindAsked {
  readonly parameters?: Readonly<Record<string, unknown>> | null | undefined;
  readonly request: object;
  readonly manifestTriggered?: boolean;
  readonly rootGuid?: string;
}

/** Leaves the broker to a job, written with the binding's row. */
export async function enqueueBind(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  binding: AnyBinding,
  actor: Actor,
  asked: BindAsked,
): Promise<CcJob> {
  const { broker } = await requireManaged(trx, binding);
  const kind = kindOf(binding);
  const input: BindInput = {
    parameters: asked.parameters ?? null,
    request: redactedBinding(asked.request),
    manifestTriggered: asked.manifestTriggered ?? false,
  };
  return await api.enqueue(
    {
      operation: `${kind}.create`,
      resourceType: resourceTypeOf(kind),
      resourceGuid: binding.guid,
      actor,
      input,
      lane: laneOf(broker),
      ...(asked.rootGuid === undefined ? {} : { rootGuid: asked.rootGuid }),
    },
    trx,
  );
}

/** Throws while something else is done to binding or instance. Gives the job that deletes it already, if there is one. */
export async function enqueueUnbind(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  seen: AnyBinding,
  actor: Actor,
): Promise<CcJob> {
  const binding = await findBinding(trx, kindOf(seen), seen.guid);
  if (binding === undefined) throw notFound("Service binding");
  const { instance } = await requireManaged(trx, binding);
  if (isUnbindBlocked(binding)) throw unprocessable("There is an operation in progress for the service binding.");
  if (isInProgress(instance)) throw unprocessable("There is an operation in progress for the service instance.");
  return await unbindJob(api, trx, binding, actor);
}

/** The job alone: its work checks. */
export async function unbindJob(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  binding: AnyBinding,
  actor: Actor,
  rootGuid?: string,
): Promise<CcJob> {
  const kind = kindOf(binding);
  const operation = `${kind}.delete`;
  const running = await api.jobs.open(operation, binding.guid, trx);
  if (running !== null) return running;
  const { broker } = await requireManaged(trx, binding);
  return await api.enqueue(
    {
      operation,
      resourceType: resourceTypeOf(kind),
      resourceGuid: binding.guid,
      actor,
      lane: laneOf(broker),
      ...(rootGuid === undefined ? {} : { rootGuid }),
    },
    trx,
  );
}

/** A creation that the broker has begun may be deleted. CC: actions/v3/service_binding_delete.rb, blocking_operation_in_progress? */
export function isUnbindBlocked(binding: AnyBinding): boolean {
  return isOperation(binding, "create", "initial") || isOperation(binding, "delete", "in progress");
}

async function requireManaged(trx: Kysely<CcDatabase>, binding: AnyBinding): Promise<ManagedInstance> {
  const managed = await managedInstance(trx, binding.service_instance_guid);
  if (managed === null) throw new Error("a binding without a managed instance has no broker");
  return managed;
}
