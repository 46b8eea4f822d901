import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { CompoundError } from "../../errors.ts";
import type { JobWork } from "../../jobs.ts";
import { deleteMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { type DiegoChange, tellDiego } from "../processes/diego.ts";
import { recordProcessEvent } from "../processes/events.ts";
import { processesOfApp } from "../processes/model.ts";
import { removeDestinationsOfApp } from "../routes/destinations.ts";
import { unbindApp } from "../service-credential-bindings/unbind-all.ts";
import { taskFacts } from "../tasks/facts.ts";
import { logToApp } from "./log-lines.ts";
import { type AppPlace, appEvent, findAppPlace } from "./place.ts";
import { stopProcesses } from "./state.ts";

const STOP_TIMEOUT_MS = 10_000;
/** While brokers unbind; the last one's end wakes the job. */
const BINDINGS_LOOK_MS = 5_000;

/**
 * The job `app.delete`: what brokers gave the app is given back first, each binding by a job of its own. Throws what became of those that
 * stay. CC: jobs/v3/recursive_delete_app_job.rb
 */
export function deleteAppWork(api: CcApi): JobWork {
  return async (job) => {
    const { open, failures } = await api.jobs.subJobs(job.guid);
    if (open > 0) return { againInMs: BINDINGS_LOOK_MS };
    const [first, ...others] = failures.map(({ error }) => error);
    if (first !== undefined) throw new CompoundError([first, ...others]);
    const waiting = await api.transaction((trx) => unbindApp(api, trx, job.resourceGuid, job));
    if (waiting > 0) return { againInMs: BINDINGS_LOOK_MS };
    await deleteApp(api, job.resourceGuid, job.actor, true);
    return undefined;
  };
}

interface Leftovers {
  readonly changes: readonly (DiegoChange | null)[];
  readonly packages: readonly string[];
  readonly droplets: readonly string[];
  readonly staging: readonly string[];
  readonly tasks: readonly string[];
}

/**
 * The app and everything that is its own. Rows go in one transaction; containers, staging tasks and blobs after it: what a crash leaves of
 * those is ended by the bridge's sync and swept at the next start. May be repeated. `tellsOfStop`: a running app's stop has an event of its
 * own (not when its space goes). CC: actions/app_delete.rb
 */
export async function deleteApp(api: CcApi, guid: string, actor: Actor, tellsOfStop = false): Promise<void> {
  const place = await findAppPlace(api.db, guid);
  if (place === null) return;
  const left = await api.transaction((trx) => deleteRows(api, trx, place, actor, tellsOfStop));
  logToApp(api, place, `Deleted app with guid ${guid}`);
  await api.durable();
  await tellDiego(api, left.changes).catch((error) =>
    api.deps.log.warn("Diego was not told of a deleted app; the sync will", { error }),
  );
  const signal = api.deps.clock.deadline(STOP_TIMEOUT_MS);
  const stops = [
    ...left.staging.map((build) => api.deps.bridge.stopStaging(build, signal)),
    ...left.tasks.map((task) => api.deps.bridge.cancelTask(task, signal)),
  ];
  for (const { status, ...result } of await Promise.allSettled(stops)) {
    if (status === "rejected") api.deps.log.warn("task of a deleted app not cancelled; the sync will", result);
  }
  const { blobstore } = api.deps;
  for (const key of left.packages) await blobstore.delete("packages", key);
  for (const key of left.droplets) await blobstore.delete("droplets", key);
  await deleteBuildpackCache(api, guid);
}

/** Caches of all stacks. CC: jobs/v3/buildpack_cache_delete.rb */
export async function deleteBuildpackCache(api: CcApi, appGuid: string): Promise<void> {
  const { blobstore } = api.deps;
  for (const key of await blobstore.keys("buildpack-cache", `${appGuid}/`)) {
    await blobstore.delete("buildpack-cache", key);
  }
}

async function deleteRows(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  actor: Actor,
  tellsOfStop: boolean,
): Promise<Leftovers> {
  const guid = place.app.guid;
  const record = (type: string, facts: object) => api.event(trx, appEvent(type, place, actor, facts));
  if (tellsOfStop && place.app.desired_state === "STARTED") {
    await record("audit.app.stop", { delete_triggered: true, reason: "stopped as part of app deletion" });
  }
  const changes = await stopProcesses(api, trx, place);
  const guidsOf = async (
    table: "packages" | "droplets" | "builds" | "tasks" | "deployments" | "revisions" | "sidecars",
  ) => (await trx.selectFrom(table).where("app_guid", "=", guid).select("guid").execute()).map((row) => row.guid);
  const [packages, droplets, builds] = [await guidsOf("packages"), await guidsOf("droplets"), await guidsOf("builds")];
  const staging = await trx
    .selectFrom("builds")
    .where("app_guid", "=", guid)
    .where("state", "=", "STAGING")
    .select("guid")
    .execute();
  const running = await trx
    .selectFrom("tasks")
    .where("app_guid", "=", guid)
    .where("state", "in", ["PENDING", "RUNNING", "CANCELING"])
    .select(["guid", "state", "name", "memory_in_mb"])
    .execute();
  for (const one of packages) await record("audit.app.package.delete", { package_guid: one });
  for (const task of running.filter(({ state }) => state === "RUNNING")) {
    await record("audit.app.task.cancel", taskFacts(task));
  }
  for (const one of droplets) await record("audit.app.droplet.delete", { droplet_guid: one });
  await removeDestinationsOfApp(api, trx, place.app, actor);
  const processes = await processesOfApp(trx, guid);
  for (const process of processes) await recordProcessEvent(api, trx, "delete", place, process, actor);
  await deleteMetadata(trx, "package", packages);
  await deleteMetadata(trx, "droplet", droplets);
  await deleteMetadata(trx, "build", builds);
  await deleteMetadata(trx, "task", await guidsOf("tasks"));
  await deleteMetadata(trx, "deployment", await guidsOf("deployments"));
  await deleteMetadata(trx, "revision", await guidsOf("revisions"));
  await deleteMetadata(
    trx,
    "process",
    processes.map((process) => process.guid),
  );
  await deleteMetadata(trx, "app", [guid]);
  await trx.deleteFrom("service_credential_bindings").where("app_guid", "=", guid).execute();
  for (const table of ["builds", "droplets", "packages", "tasks", "deployments", "revisions", "sidecars"] as const) {
    await trx.deleteFrom(table).where("app_guid", "=", guid).execute();
  }
  await trx.deleteFrom("processes").where("app_guid", "=", guid).execute();
  await trx.deleteFrom("apps").where("guid", "=", guid).execute();
  await api.event(trx, appEvent("audit.app.delete-request", place, actor));
  return {
    changes,
    packages,
    droplets,
    staging: staging.map((build) => build.guid),
    tasks: running.map((task) => task.guid),
  };
}
