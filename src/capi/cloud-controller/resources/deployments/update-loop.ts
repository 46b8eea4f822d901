import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { type AppPlace, findAppPlace } from "../apps/place.ts";
import { bridgeFailure, type DiegoChange, tellDiegoSoon } from "../processes/diego.ts";
import { processesOfApp } from "../processes/model.ts";
import { saveProcess } from "../processes/save.ts";
import { changeDeployment, type Deployment, destroyProcess, optionsOf, webProcesses, weightsOf } from "./model.ts";
import { canarySteps, nextDeploymentStep } from "./plan.ts";

/** CC: deployment_updater.update_frequency_in_seconds is 5; a look at the open ones is cheap here. */
const LOOK_EVERY_MS = 1_000;
const COUNT_TIMEOUT_MS = 5_000;

/** Moves every open deployment on, until aborted. All state is in the table, so a restart goes on where it was. */
export async function runDeployments(api: CcApi, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const open = await api.db.selectFrom("deployments").where("status_value", "=", "ACTIVE").selectAll().execute();
    for (const deployment of open) {
      if (signal.aborted) return;
      await advance(api, deployment, signal).catch((error) => recordFailure(api, deployment, error));
    }
    await api.deps.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined); // aborted: the loop ends
  }
}

async function advance(api: CcApi, deployment: Deployment, signal: AbortSignal): Promise<void> {
  const place = await findAppPlace(api.db, deployment.app_guid);
  if (place === null || deployment.state === "PAUSED") return;
  if (deployment.state === "CANCELING") return await change(api, (trx) => cancel(api, trx, place, deployment));
  if (place.app.desired_state === "STOPPED") return await change(api, (trx) => finish(api, trx, place, deployment));
  const process = (await webProcesses(api.db, place.app.guid)).find(
    ({ guid }) => guid === deployment.deploying_web_process_guid,
  );
  if (process === undefined) return;
  const query = { ...process, appGuid: process.app_guid, started: process.state === "STARTED" };
  const counts = await api.deps.bridge
    .instanceCounts(query, api.deps.clock.deadline(COUNT_TIMEOUT_MS, signal))
    .catch((error) => {
      throw bridgeFailure(error);
    });
  await change(api, async (trx) => {
    const fresh = await freshDeployment(trx, deployment.guid);
    if (fresh === null) return [];
    const webs = await webProcesses(trx, place.app.guid);
    const deploying = webs.find(({ guid }) => guid === fresh.deploying_web_process_guid);
    // Counted for another version or size: look again later.
    if (deploying === undefined || deploying.version !== process.version || deploying.instances !== process.instances) {
      return [];
    }
    const others = webs.filter(({ guid }) => guid !== deploying.guid);
    const step = nextDeploymentStep({ ...targets(fresh), deploying, others, counts });
    const changes: (DiegoChange | null)[] = [];
    for (const other of others) {
      const instances = step.others.get(other.guid);
      if (instances === undefined) continue;
      // Processes of superseded deployments go when they are empty; the app's first one stays until the end.
      if (instances === 0 && other.guid !== others[0]?.guid) changes.push(await destroyProcess(api, trx, place, other));
      else changes.push((await saveProcess(api, trx, place, other, { instances })).change);
    }
    if (step.deployingInstances !== null) {
      const grown = await saveProcess(api, trx, place, deploying, { instances: step.deployingInstances });
      changes.push(grown.change);
      await changeDeployment(api, trx, fresh, { last_healthy_at: api.nowMs(), error: null });
    }
    if (step.finished) {
      if (fresh.state === "PREPAUSED") await pause(api, trx, fresh);
      else changes.push(...(await finish(api, trx, place, fresh)));
    }
    return changes;
  });
}

async function change(api: CcApi, work: (trx: Kysely<CcDatabase>) => Promise<(DiegoChange | null)[]>): Promise<void> {
  const changes = await api.transaction(work);
  await tellDiegoSoon(api, changes);
}

async function freshDeployment(trx: Kysely<CcDatabase>, guid: string): Promise<Deployment | null> {
  const row = await trx.selectFrom("deployments").where("guid", "=", guid).selectAll().executeTakeFirst();
  return row !== undefined && ["DEPLOYING", "PREPAUSED"].includes(row.state) ? row : null;
}

function targets(deployment: Deployment): { maxInFlight: number; targetTotal: number; targetNew: number } {
  const options = optionsOf(deployment);
  const original = deployment.original_web_process_instance_count;
  const wanted = options.web_instances ?? original;
  if (deployment.state !== "PREPAUSED") {
    return { maxInFlight: options.max_in_flight, targetTotal: wanted, targetNew: wanted };
  }
  const steps = canarySteps(weightsOf(deployment), original, options.web_instances ?? null);
  const step = steps[deployment.canary_current_step - 1] ?? { canary: 1, original };
  return { maxInFlight: options.max_in_flight, targetTotal: step.canary + step.original, targetNew: step.canary };
}

async function pause(api: CcApi, trx: Kysely<CcDatabase>, deployment: Deployment): Promise<void> {
  await changeDeployment(api, trx, deployment, {
    state: "PAUSED",
    status_value: "ACTIVE",
    status_reason: "PAUSED",
    last_healthy_at: api.nowMs(),
  });
}

/** The new web process alone remains; the others of the app start anew. CC: deployment_updater/actions/finalize.rb */
async function finish(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  deployment: Deployment,
): Promise<(DiegoChange | null)[]> {
  const changes: (DiegoChange | null)[] = [];
  const stopped = place.app.desired_state === "STOPPED";
  const webs = await webProcesses(trx, place.app.guid);
  const deploying = webs.find(({ guid }) => guid === deployment.deploying_web_process_guid);
  if (deploying === undefined) return [];
  for (const web of webs) if (web.guid !== deploying.guid) changes.push(await destroyProcess(api, trx, place, web));
  const { targetNew } = targets({ ...deployment, state: "DEPLOYING" });
  if (deploying.instances !== targetNew) {
    changes.push((await saveProcess(api, trx, place, deploying, { instances: targetNew })).change);
  }
  const revision =
    deploying.revision_guid === null
      ? undefined
      : await trx.selectFrom("revisions").where("guid", "=", deploying.revision_guid).selectAll().executeTakeFirst();
  const commands = JSON.parse(revision?.process_commands ?? "{}") as Record<string, string | null>;
  for (const process of await processesOfApp(trx, place.app.guid)) {
    if (process.type === "web") continue;
    const columns = {
      revision_guid: deploying.revision_guid,
      ...(revision === undefined ? {} : { command: commands[process.type] ?? null }),
    };
    changes.push((await saveProcess(api, trx, place, process, columns, { newVersion: !stopped })).change);
  }
  await changeDeployment(api, trx, deployment, {
    state: "DEPLOYED",
    status_value: "FINALIZED",
    status_reason: stopped ? "SUPERSEDED" : "DEPLOYED",
    error: null,
  });
  return changes;
}

/** The process from before the deployment alone remains, with as many instances as it had. CC: deployment_updater/actions/cancel.rb */
async function cancel(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  deployment: Deployment,
): Promise<(DiegoChange | null)[]> {
  const changes: (DiegoChange | null)[] = [];
  const [prior, ...others] = (await webProcesses(trx, place.app.guid)).filter(
    ({ guid }) => guid !== deployment.deploying_web_process_guid,
  );
  const deploying = (await webProcesses(trx, place.app.guid)).find(
    ({ guid }) => guid === deployment.deploying_web_process_guid,
  );
  if (prior !== undefined) {
    const instances = deployment.original_web_process_instance_count;
    changes.push((await saveProcess(api, trx, place, prior, { instances })).change);
    for (const other of others) changes.push(await destroyProcess(api, trx, place, other));
    if (deploying !== undefined) changes.push(await destroyProcess(api, trx, place, deploying));
  }
  await changeDeployment(api, trx, deployment, {
    state: "CANCELED",
    status_value: "FINALIZED",
    status_reason: "CANCELED",
    error: null,
  });
  return changes;
}

/** Shown with the deployment; the next look tries again. CC: deployment_updater/updater.rb */
async function recordFailure(api: CcApi, deployment: Deployment, error: unknown): Promise<void> {
  const known = error instanceof CcError;
  const name = error instanceof Error ? error.constructor.name : "Error";
  const text = known ? error.message : `An unexpected error has occurred: ${name}`;
  if (!known) api.deps.log.error("deployment failed", { deployment: deployment.guid, error });
  await api.transaction((trx) => changeDeployment(api, trx, deployment, { error: text })).catch(() => undefined);
}
