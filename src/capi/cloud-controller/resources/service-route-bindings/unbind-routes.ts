import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { JobAgain, RunningJob } from "../../jobs.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { unbindJob } from "../service-credential-bindings/binding-jobs.ts";
import { mitigateOrphanedBinding } from "../service-credential-bindings/orphans.ts";
import type { RouteBinding } from "./create.ts";

/** While brokers unbind; the last one's end wakes the job. */
const BINDINGS_LOOK_MS = 5_000;

/**
 * Part of a job that deletes a route: its broker unbinds it first. Null when nothing is left; throws what the broker refused.
 * CC: models/runtime/route.rb, destroy_route_bindings
 */
export async function unbindRoute(
  api: CcApi,
  job: Pick<RunningJob, "guid" | "actor">,
  routeGuid: string,
): Promise<JobAgain | null> {
  const { open, failures } = await api.jobs.subJobs(job.guid);
  if (open > 0) return { againInMs: BINDINGS_LOOK_MS };
  const [first] = failures;
  if (first !== undefined) throw first.error;
  const waiting = await api.transaction(async (trx) => {
    const bindings = await managedBindings(trx, [routeGuid]);
    for (const binding of bindings) await unbindJob(api, trx, binding, job.actor, job.guid);
    return bindings.length;
  });
  return waiting === 0 ? null : { againInMs: BINDINGS_LOOK_MS };
}

/** Routes go away at once: their brokers are told soon, and again until they hear. Inside the caller's transaction, before the rows go. */
export async function forgetRouteBindings(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  routeGuids: readonly string[],
): Promise<void> {
  for (const binding of await managedBindings(trx, routeGuids)) await mitigateOrphanedBinding(api, trx, binding);
}

function managedBindings(trx: Kysely<CcDatabase>, routeGuids: readonly string[]): Promise<RouteBinding[]> {
  return trx
    .selectFrom("service_route_bindings as binding")
    .innerJoin("service_instances as instance", "instance.guid", "binding.service_instance_guid")
    .where("binding.route_guid", "in", routeGuids)
    .where("instance.type", "=", "managed")
    .selectAll("binding")
    .execute();
}
