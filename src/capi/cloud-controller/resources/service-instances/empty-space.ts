import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import type { JobAgain, RunningJob } from "../../jobs.ts";
import { laneOf, managedInstance } from "./managed.ts";
import { unshareFrom } from "./share.ts";
import { deleteUserProvided } from "./user-provided.ts";

/** While brokers deprovision; the last one's end wakes the job. */
const INSTANCES_LOOK_MS = 5_000;
const INSTANCES_AT_ONCE = 20;

/**
 * Part of a job that deletes spaces: every service instance of theirs goes, managed ones by jobs that the given job waits for, and what
 * others share with the spaces is given back. Null when nothing is left. Throws the failure of each instance that stays, by `refuse`.
 * CC: actions/space_delete.rb
 */
export async function emptyOfServices(
  api: CcApi,
  job: RunningJob,
  spaceGuids: readonly string[],
  refuse: (texts: readonly string[]) => CcError,
  signal: AbortSignal,
): Promise<JobAgain | null> {
  const { open, failures } = await api.jobs.subJobs(job.guid);
  if (open > 0) return { againInMs: INSTANCES_LOOK_MS };
  if (failures.length > 0) throw refuse(failures.map(({ error }) => error.message));
  if (spaceGuids.length === 0) return null;
  const instances = await api.db
    .selectFrom("service_instances")
    .where("space_guid", "in", spaceGuids)
    .orderBy("id")
    .select("guid")
    .execute();
  let waiting = 0;
  // A transaction holds up everybody else: some instances at a time. What a crash leaves is done when the job runs again.
  for (let start = 0; start < instances.length; start += INSTANCES_AT_ONCE) {
    signal.throwIfAborted();
    const guids = instances.slice(start, start + INSTANCES_AT_ONCE).map(({ guid }) => guid);
    const done = await api.transaction((trx) => takeAway(api, trx, guids, job));
    api.hooks.processRoutingChanged(done.routed);
    waiting += done.waiting;
  }
  if (waiting > 0) return { againInMs: INSTANCES_LOOK_MS };
  await giveBackShares(api, job, spaceGuids, refuse, signal);
  return null;
}

/** User-provided instances go; for each managed one a job is written down. `waiting`: how many these are. */
async function takeAway(
  api: CcApi,
  trx: CcApi["db"],
  guids: readonly string[],
  job: RunningJob,
): Promise<{ readonly waiting: number; readonly routed: readonly string[] }> {
  const instances = await trx.selectFrom("service_instances").where("guid", "in", guids).selectAll().execute();
  let waiting = 0;
  const routed: string[] = [];
  for (const instance of instances) {
    const managed = await managedInstance(trx, instance.guid);
    if (managed === null) {
      routed.push(...(await deleteUserProvided(api, trx, instance, job.actor)));
      continue;
    }
    waiting += 1;
    if ((await api.jobs.open("service_instance.delete", instance.guid, trx)) !== null) continue;
    await api.enqueue(
      {
        operation: "service_instance.delete",
        resourceType: "service_instance",
        resourceGuid: instance.guid,
        actor: job.actor,
        lane: laneOf(managed.broker),
        rootGuid: job.guid,
      },
      trx,
    );
  }
  return { waiting, routed };
}

async function giveBackShares(
  api: CcApi,
  job: RunningJob,
  spaceGuids: readonly string[],
  refuse: (texts: readonly string[]) => CcError,
  signal: AbortSignal,
): Promise<void> {
  const shares = await api.db
    .selectFrom("service_instance_shares as share")
    .innerJoin("service_instances as instance", "instance.guid", "share.service_instance_guid")
    .where("share.space_guid", "in", spaceGuids)
    .selectAll("instance")
    .select("share.space_guid as shared_with")
    .execute();
  const texts: string[] = [];
  for (const { shared_with: spaceGuid, ...instance } of shares) {
    try {
      await unshareFrom(api, instance, spaceGuid, job.actor, signal);
    } catch (error) {
      if (!(error instanceof CcError)) throw error;
      texts.push(error.message);
    }
  }
  if (texts.length > 0) throw refuse(texts);
}
