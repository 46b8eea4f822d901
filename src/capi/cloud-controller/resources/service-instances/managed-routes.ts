import type { z } from "zod";
import { accepted, type CcAnswer, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import type { Space } from "../../visible.ts";
import { type MANAGED_CREATE, MANAGED_UPDATE, type ManagedUpdate } from "./body.ts";
import { fetchInstance } from "./broker-calls.ts";
import { recordInstance, redacted } from "./events.ts";
import { isCreateFailed, isInProgress, isOperation, operation } from "./last-operation.ts";
import { laneOf, type ManagedInstance, managedInstance, type PlanWithBroker } from "./managed.ts";
import { insertManaged } from "./managed-create.ts";
import { changeInstance, needsBroker, requireUnlocked, requireUpdatable } from "./managed-update.ts";
import { choosePlan } from "./plan-choice.ts";
import { presentInstance } from "./present.ts";
import { purgeInstance } from "./purge.ts";
import { type ServiceInstance, spaceOfInstance, visibleInstance } from "./readable.ts";

/** Writes the instance down and leaves the broker to a job. CC: service_instances_controller.rb, create_managed */
export async function createManaged(
  api: CcApi,
  request: CcRequest,
  space: Space,
  wanted: z.output<typeof MANAGED_CREATE>,
): Promise<CcAnswer> {
  const chosen = await choosePlan(api, request, wanted.relationships.service_plan, space);
  const actor = actorOf(request.caller);
  const job = await api.transaction(async (trx) => {
    const { name, metadata, tags = [] } = wanted;
    const instance = await insertManaged(api, trx, space, chosen, { name, metadata, tags });
    return await api.enqueue(
      {
        operation: "service_instance.create",
        resourceType: "service_instances",
        resourceGuid: instance.guid,
        actor,
        input: { parameters: wanted.parameters ?? null, request: redacted(request.body as object) },
        lane: laneOf(chosen.broker),
      },
      trx,
    );
  });
  return accepted(job);
}

/** By a job when the broker must hear of it, else at once. CC: service_instances_controller.rb, update_managed */
export async function updateManaged(
  api: CcApi,
  request: CcRequest,
  instance: ServiceInstance,
  space: Space,
): Promise<CcAnswer> {
  const wanted = parseBody(MANAGED_UPDATE, request.body);
  const current = await managedInstance(api.db, instance.guid);
  if (current === null) throw notFound("Service instance");
  const planGuid = wanted.relationships?.service_plan;
  const chosen = planGuid === undefined ? null : await choosePlan(api, request, planGuid, space);
  if (chosen !== null && chosen.offering.guid !== current.offering.guid) {
    throw new CcError("InvalidRelation", ["service plan relates to a different service offering"]);
  }
  await requireUpdatable(api.db, current, wanted, chosen);
  if (!needsBroker(current, wanted, chosen)) {
    await updateAlone(api, request, current, wanted);
    return ok(await presentInstance(api, await visibleInstance(api, request.access, instance.guid)));
  }
  return accepted(await enqueueUpdate(api, request, current, wanted, chosen));
}

async function updateAlone(
  api: CcApi,
  { caller, body }: CcRequest,
  { instance }: ManagedInstance,
  wanted: ManagedUpdate,
): Promise<void> {
  const onlyMetadata = Object.keys(body as object).length === 1 && wanted.metadata !== undefined;
  const isDeleting = isOperation(instance, "delete", "initial", "in progress");
  await api.transaction(async (trx) => {
    if (onlyMetadata && !isDeleting) {
      await changeMetadata(trx, "service_instance", instance.guid, wanted.metadata, api.config.limits);
    } else {
      await requireUnlocked(trx, instance);
      await changeInstance(api, trx, instance, {
        name: wanted.name,
        tags: wanted.tags,
        metadata: wanted.metadata,
        operation: operation("update", "succeeded", api.nowMs()),
      });
    }
    await recordInstance(api, trx, "update", instance, actorOf(caller), { request: redacted(body as object) });
  });
}

function enqueueUpdate(
  api: CcApi,
  { caller, body }: CcRequest,
  { instance, broker }: ManagedInstance,
  wanted: ManagedUpdate,
  chosen: PlanWithBroker | null,
) {
  return api.transaction(async (trx) => {
    await requireUnlocked(trx, instance);
    await trx
      .updateTable("service_instances")
      .set({ last_operation: operation("update", "in progress", api.nowMs()), updated_at: api.nowMs() })
      .where("guid", "=", instance.guid)
      .execute();
    return await api.enqueue(
      {
        operation: "service_instance.update",
        resourceType: "service_instances",
        resourceGuid: instance.guid,
        actor: actorOf(caller),
        input: { wanted, planGuid: chosen?.plan.guid ?? null, request: redacted(body as object) },
        lane: laneOf(broker),
      },
      trx,
    );
  });
}

/** Gives the job that is deleting it already, if one is. CC: service_instances_controller.rb, destroy */
export async function deleteManaged(api: CcApi, { caller }: CcRequest, instance: ServiceInstance): Promise<CcAnswer> {
  const job = await api.transaction(async (trx) => {
    const running = await api.jobs.open("service_instance.delete", instance.guid, trx);
    if (running !== null) return running;
    const managed = await managedInstance(trx, instance.guid);
    if (managed === null) throw notFound("Service instance");
    if (isBlocked(managed.instance)) {
      throw unprocessable("There is an operation in progress for the service instance.");
    }
    return await api.enqueue(
      {
        operation: "service_instance.delete",
        resourceType: "service_instance",
        resourceGuid: instance.guid,
        actor: actorOf(caller),
        lane: laneOf(managed.broker),
      },
      trx,
    );
  });
  return accepted(job);
}

/** What is under way forbids a deletion, except a creation that the broker has begun. CC: blocking_operation_in_progress? */
export function isBlocked(instance: ServiceInstance): boolean {
  return (
    isOperation(instance, "create", "initial") ||
    isOperation(instance, "update", "in progress") ||
    isOperation(instance, "delete", "in progress")
  );
}

export async function purge(api: CcApi, { access, caller }: CcRequest, instance: ServiceInstance): Promise<CcAnswer> {
  if (instance.type === "managed" && !access.admin) {
    const managed = await managedInstance(api.db, instance.guid);
    const home = managed?.broker.space_guid ?? null;
    const space =
      home === null
        ? undefined
        : await api.db.selectFrom("spaces").where("guid", "=", home).selectAll().executeTakeFirst();
    if (space === undefined || !access.canWriteSpace(space)) throw notAuthorized();
  }
  const actor = actorOf(caller);
  api.hooks.processRoutingChanged(await api.transaction((trx) => purgeInstance(api, trx, instance, actor)));
  return noContent();
}

/** What the instance was made with, as its broker tells. CC: actions/services/service_instance_read.rb */
export function brokerParameters(api: CcApi): Handler {
  return async ({ params, access, signal }) => {
    const instance = await visibleInstance(api, access, params["guid"]!);
    if (!access.canReadSpace(await spaceOfInstance(api, instance))) throw notAuthorized();
    const managed = await managedInstance(api.db, instance.guid);
    if (managed !== null && isCreateFailed(instance)) throw notFound("Service instance");
    if (managed === null || managed.offering.instances_retrievable === 0) {
      throw new CcError("ServiceFetchInstanceParametersNotSupported");
    }
    if (isInProgress(instance)) throw new CcError("AsyncServiceInstanceOperationInProgress", [instance.name]);
    const fetched = await fetchInstance(api, managed, null, signal);
    return ok(fetched.parameters ?? {});
  };
}
