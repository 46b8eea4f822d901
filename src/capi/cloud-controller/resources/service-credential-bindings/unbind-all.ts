import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import type { RunningJob } from "../../jobs.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { isOperation, lastOperation } from "../service-instances/last-operation.ts";
import type { ServiceInstance } from "../service-instances/readable.ts";
import { unbindJob } from "./binding-jobs.ts";
import { recordBinding } from "./events.ts";
import { type AnyBinding, findBinding, kindOf, removeBinding } from "./kind.ts";

/** How long an answer waits for brokers to unbind. A broker has a minute for each. */
const WAIT_MS = 70_000;

/** Begins to delete each binding of an instance, by jobs that the given one waits for. Gives how many there are. */
export async function enqueueUnbindsOfInstance(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  instanceGuid: string,
  root: Pick<RunningJob, "guid" | "actor">,
): Promise<number> {
  const routes = await trx
    .selectFrom("service_route_bindings")
    .where("service_instance_guid", "=", instanceGuid)
    .orderBy("id")
    .selectAll()
    .execute();
  const credentials = await trx
    .selectFrom("service_credential_bindings")
    .where("service_instance_guid", "=", instanceGuid)
    .orderBy("type")
    .orderBy("id")
    .selectAll()
    .execute();
  const bindings: readonly AnyBinding[] = [...routes, ...credentials];
  for (const binding of bindings) await unbindJob(api, trx, binding, root.actor, root.guid);
  return bindings.length;
}

/**
 * Deletes an app's bindings: those to user-provided instances at once, the others by jobs that the given one waits for. Gives how many wait.
 * CC: actions/app_delete.rb, delete_non_transactional_subresources
 */
export async function unbindApp(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  appGuid: string,
  root: Pick<RunningJob, "guid" | "actor">,
): Promise<number> {
  const bindings = await trx
    .selectFrom("service_credential_bindings as binding")
    .innerJoin("service_instances as instance", "instance.guid", "binding.service_instance_guid")
    .where("binding.app_guid", "=", appGuid)
    .orderBy("binding.id")
    .selectAll("binding")
    .select("instance.type as instance_type")
    .execute();
  let waiting = 0;
  for (const { instance_type: instanceType, ...binding } of bindings) {
    if (instanceType === "managed") {
      await unbindJob(api, trx, binding, root.actor, root.guid);
      waiting += 1;
      continue;
    }
    await recordBinding(api, trx, "delete", binding, root.actor);
    await removeBinding(api, trx, binding);
  }
  return waiting;
}

/**
 * Deletes the bindings of a space's apps to an instance and waits for their brokers. Gives what forbids each that stays: a broker works on
 * it (it goes on after the answer), or refused. CC: actions/service_instance_unshare.rb
 */
export async function unbindInSpace(
  api: CcApi,
  instance: ServiceInstance,
  spaceGuid: string,
  actor: Actor,
  signal: AbortSignal,
): Promise<string[]> {
  const bindings = await api.db
    .selectFrom("service_credential_bindings as binding")
    .innerJoin("apps as app", "app.guid", "binding.app_guid")
    .innerJoin("spaces as space", "space.guid", "app.space_guid")
    .where("binding.service_instance_guid", "=", instance.guid)
    .where("app.space_guid", "=", spaceGuid)
    .orderBy("binding.id")
    .selectAll("binding")
    .select("space.name as space_name")
    .execute();
  if (bindings.length === 0) return [];
  const jobs = await api.transaction(async (trx) => {
    const jobs = [];
    for (const binding of bindings) jobs.push({ binding, job: await unbindJob(api, trx, binding, actor) });
    return jobs;
  });
  const limit = api.deps.clock.deadline(WAIT_MS, signal);
  const failures: string[] = [];
  for (const { binding, job } of jobs) {
    const state = await api.jobs.ranOnce(job.guid, limit).catch((error) => {
      if (signal.aborted) throw error;
      return "POLLING" as const;
    });
    const left = await findBinding(api.db, kindOf(binding), binding.guid);
    if (left === undefined) continue;
    const refused = isOperation(left, "delete", "failed") ? lastOperation(left)?.description : null;
    failures.push(
      state === "POLLING" || state === "PROCESSING"
        ? `The binding between an application and service instance ${instance.name} in space ${binding.space_name} is being deleted asynchronously.`
        : (refused ?? (await api.jobs.failureOf(job.guid)) ?? "The binding could not be deleted."),
    );
  }
  return failures;
}
